#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// Bytes that were taken off the end of a segment.
struct Cut {
  std::uint64_t bytes = 0;
  std::string sha256;
};

// The end of the segment that is written. Not thread-safe. After a failed write or fdatasync the descriptor is not used
// again: whether its pages reached the disk cannot be learned (Linux marks them clean either way, and a second
// fdatasync succeeds), so `reopen` cuts the file back to what was acknowledged.
class Segment {
 public:
  Segment(Files& files, std::string directory, std::string name, std::unique_ptr<File> file, std::uint64_t end,
          std::uint64_t last_length);

  bool failed() const { return failed_; }
  const std::string& name() const { return name_; }

  // Sees to it that `bytes` more fit behind the acknowledged end.
  Status reserve(std::uint64_t bytes);
  // Whole lines; when it returns without an error they are on the disk. `last_length`: of the last, without LF.
  Status append(std::string_view lines, std::uint64_t last_length);
  // Opens the file anew, checks that its last acknowledged line hashes to `head`, cuts what stands behind it.
  Result<std::optional<Cut>> reopen(const std::string& head);

 private:
  Status check_last(File& file, const std::string& head) const;

  Files& files_;
  std::string directory_;
  std::string name_;
  std::unique_ptr<File> file_;
  std::uint64_t end_;  // of what was acknowledged
  std::uint64_t last_length_;
  std::uint64_t reserved_to_;
  bool failed_ = false;
};

// SHA-256 of a file's bytes from `offset` to its end.
Result<Cut> measure(Reader& file, std::uint64_t offset);

}  // namespace canaryd::audit
