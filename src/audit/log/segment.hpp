#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/format/cut.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// The end of the segment that is written. Not thread-safe. After a failed write or fdatasync the descriptor is not used
// again: whether its pages reached the disk cannot be learned (Linux marks them clean either way, and a second
// fdatasync succeeds), so `reopen` cuts the file back to what was acknowledged. The same goes for a file that somebody
// else deleted, moved, replaced or changed.
class Segment {
 public:
  Segment(Files& files, std::string directory, std::string name, std::unique_ptr<File> file, std::uint64_t end,
          std::uint64_t last_length);

  bool failed() const { return failure_.has_value(); }

  // io when it failed before, or when its path no longer names this file with what was acknowledged; it failed then.
  // To be asked before each batch; `append` asks again before it returns.
  Status check();
  // Sees to it that `bytes` more fit behind the acknowledged end.
  Status reserve(std::uint64_t bytes);
  // Whole lines; when it returns without an error they are on the disk. `last_length`: of the last, without LF.
  Status append(std::string_view lines, std::uint64_t last_length);
  // Gives back what was reserved behind its end, when nothing follows there any more. Best effort.
  void close();
  // Opens the file anew, checks that its last acknowledged line hashes to `head`, cuts what stands behind it; what may
  // be somebody else's bytes is kept in a torn file named for `seq`, the record to come. Until it has succeeded the
  // segment stays failed.
  Result<std::optional<Cut>> reopen(const std::string& head, std::uint64_t seq);

 private:
  Status still_there(std::uint64_t size);
  Status check_last(File& file, const std::string& head) const;

  Files* files_;
  std::string directory_;
  std::string name_;
  std::unique_ptr<File> file_;
  std::uint64_t end_;  // of what was acknowledged
  std::uint64_t last_length_;
  std::uint64_t reserved_to_;
  std::optional<Error> failure_;
  bool touched_ = false;  // by somebody else
};

}  // namespace canaryd::audit
