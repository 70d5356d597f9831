#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/tree.hpp"
#include "folder.hpp"

namespace canaryd::audit {

inline constexpr std::uint64_t leaf_size = std::tuple_size_v<Hash>;  // bytes in a leaf file

// Reads the leaf hashes of a file one after another, in bounded memory.
class LeafReader {
 public:
  explicit LeafReader(std::unique_ptr<Reader> file) : file_(std::move(file)) {}
  // False at the end, or where less than a whole hash is left. Errors: io.
  Result<bool> next(Hash& leaf);

 private:
  std::unique_ptr<Reader> file_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;  // behind the buffer
};

// Holds a leaf file against the leaves of the records, one after another.
class LeafCheck {
 public:
  // Null when there is no file.
  explicit LeafCheck(std::unique_ptr<Reader> file);
  Status see(const Hash& leaf);  // errors: io
  Status finish();

  // After `finish`:
  bool same() const { return !differs_ && !lacking_ && size_ == seen_ * leaf_size; }
  // The place of the first leaf that is not that of its record.
  std::optional<std::uint64_t> difference() const { return differs_ ? std::optional(equal_) : std::nullopt; }
  // Leaves behind those of the records.
  std::uint64_t surplus() const { return surplus_; }

 private:
  std::uint64_t size_ = 0;
  std::optional<LeafReader> leaves_;
  std::uint64_t seen_ = 0;
  std::uint64_t equal_ = 0;
  std::uint64_t surplus_ = 0;
  bool differs_ = false;
  bool lacking_ = true;
};

// The leaf hashes of a segment's first `count` records, written anew and synced, the folder too. False when it has
// fewer: then nothing was changed. Errors: io.
Result<bool> rewrite_leaves(Files& files, const std::string& directory, const SegmentFiles& segment,
                            std::uint64_t count);

// The leaf file of the segment that is written. The records tell the leaves too, so a failure here is none of the log:
// what the file lacks is written at the rotation or by the next start. Not thread-safe.
class OpenLeaves {
 public:
  OpenLeaves(Files& files, std::string directory, std::uint64_t first_seq);

  // Opens it, created when absent, and cuts it to its first `count` leaves.
  Status open(std::uint64_t count);
  // One write, no sync. After a failure nothing more is written until `complete`.
  Status append(const std::vector<Hash>& leaves);
  bool failed() const { return file_ == nullptr; }
  // Sees to it that it holds the leaves of the segment's `count` records and nothing else, synced.
  Status complete(std::uint64_t count);

 private:
  std::string path() const;

  Files* files_;
  std::string directory_;
  std::uint64_t first_seq_;
  std::unique_ptr<File> file_;  // null after a failure
  std::string bytes_;           // of a batch; kept for its room
};

}  // namespace canaryd::audit
