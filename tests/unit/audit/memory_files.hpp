#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit::test {

enum class Op : std::uint8_t { append, sync, truncate, reserve, open, sync_directory, make_directory, remove, rename };

// What a power loss leaves of bytes that were written but not synced.
enum class Lost : std::uint8_t {
  nothing,  // the process died, the machine did not
  all,      // not one of them came to the disk
  second_half,
  first_half  // the size and the later pages did, and changes of names that were not synced: the gap reads as NUL
};

// A file system in memory, as Linux treats files: writes go to a cache, fdatasync brings them to the disk, a failed
// fdatasync leaves pages in the cache that count as clean and are on no disk, a new, changed or removed name lasts once
// its folder is synced. Operations can be made to fail or to be the last before a crash. Safe from any thread.
class MemoryFiles final : public Files {
 public:
  Status make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<std::unique_ptr<File>> open_append(const std::string& path) override;
  Result<std::unique_ptr<Reader>> open_read(const std::string& path) override;
  Result<std::unique_ptr<File>> open_write_new(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status sync_directory(const std::string& path) override;
  Result<Space> space(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;

  // The n-th operation of this kind from now on fails (1 is the next); a write has written half of its bytes by then.
  void fail(Op op, int nth, int error);
  void heal() { failures_.clear(); }
  // The n-th changing operation of any kind from now on is half done, and nothing works until `restart`.
  void crash_at(int nth) { crash_in_ = nth; }
  bool crashed() const { return crashed_; }
  void restart(Lost lost);
  // Bytes that still can be allocated; fallocate and write beyond them fail with ENOSPC.
  void set_free(std::optional<std::uint64_t> bytes) { free_ = bytes; }

  int count(Op op) const { return counts_.contains(op) ? counts_.at(op) : 0; }
  void slow_sync(int milliseconds) { sync_milliseconds_ = milliseconds; }
  std::string content(const std::string& path) const { return nodes_.at(path)->cache; }
  std::string on_disk(const std::string& path) const { return nodes_.at(path)->disk; }
  bool exists(const std::string& path) const { return nodes_.contains(path); }
  void put(const std::string& path, const std::string& bytes);
  void take_away(const std::string& path);  // as if it had never been there
  std::vector<std::string> paths() const;   // of every file
  std::size_t longest_read() const { return longest_read_; }

 private:
  friend class MemoryFile;
  struct Node {
    std::string cache;
    std::string disk;
    std::size_t dirty_from = 0;
    std::uint64_t allocated = 0;
  };

  // nullopt: go on; else the error to return. `half` is set when half of the operation takes place.
  std::optional<Error> before(Op op, bool& half);
  Status allocate(Node& node, std::uint64_t to);
  static void write_out(Node& node);
  static void lose(Node& node, Lost lost);
  void give_back(const Node& node);

  mutable std::recursive_mutex mutex_;
  std::map<std::string, std::shared_ptr<Node>> nodes_;
  std::map<std::string, std::shared_ptr<Node>> names_on_disk_;
  std::set<std::string> directories_;
  std::set<std::string> locks_;
  std::map<Op, int> counts_;
  std::map<Op, std::pair<int, int>> failures_;  // in how many, errno
  int crash_in_ = 0;
  bool crashed_ = false;
  int life_ = 0;
  int sync_milliseconds_ = 0;
  std::optional<std::uint64_t> free_;
  std::size_t longest_read_ = 0;
};

}  // namespace canaryd::audit::test
