#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// One file open for reading. Not thread-safe. Every error is `io` with the path.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<std::string> read(std::uint64_t offset, std::size_t length) = 0;  // shorter only at the end
};

// One open file for appending. Not thread-safe: the writer serialises.
class File : public Reader {
 public:
  virtual Status append(std::string_view bytes) = 0;  // all of it, EINTR and short writes handled; else io
  virtual Status sync() = 0;                          // fdatasync
  virtual Status truncate(std::uint64_t size) = 0;    // and sync
  virtual Status reserve(std::uint64_t bytes) = 0;    // fallocate beyond the end without changing the size
  // io unless the open file has `size` bytes and is what `path` names: not deleted, moved, replaced, cut or written to
  // by somebody else, its volume not unmounted. Cheap: two system calls.
  virtual Status still_at(const std::string& path, std::uint64_t size) = 0;
};

// Of a volume, in bytes.
struct Space {
  std::uint64_t total = 0;
  std::uint64_t available = 0;  // to processes without privileges
};

// The seam to the file system (tests replace it with one that fails and forgets what was not synced). Safe from any
// thread.
class Files {
 public:
  virtual ~Files() = default;
  virtual Status make_directory(const std::string& path) = 0;  // 0700; present is fine; its parent is synced
  // Names, sorted. not_found when the directory is absent.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  // Created 0600, O_CLOEXEC. What an earlier descriptor left in the page cache is written out first and then dropped,
  // so that what is read is what the disk holds: after a failed writeback the cache shows bytes that are nowhere else.
  virtual Result<std::unique_ptr<File>> open_append(const std::string& path) = 0;
  // The same for a file that must not be there yet: io when it is.
  virtual Result<std::unique_ptr<File>> open_write_new(const std::string& path) = 0;
  // Refuses what is no regular file, and does not wait for the other end of a FIFO.
  virtual Result<std::unique_ptr<Reader>> open_read(const std::string& path) = 0;
  // These two last once the folder is synced (both folders, for a rename from one to another); after a power loss
  // before that, either state may be found. not_found when there is no such file. `to` is replaced.
  virtual Status remove(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status sync_directory(const std::string& path) = 0;
  virtual Result<Space> space(const std::string& path) = 0;  // of the volume that `path` is on
  // Held until the process ends or the returned object goes; io when another process holds it.
  virtual Result<std::unique_ptr<File>> lock(const std::string& path) = 0;
};

std::unique_ptr<Files> posix_files();

}  // namespace canaryd::audit
