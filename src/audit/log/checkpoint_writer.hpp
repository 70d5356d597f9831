#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "audit/format/checkpoint_file.hpp"
#include "audit/format/cut.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// "checkpoints.log", open for appending. Not thread-safe. A failed write or fdatasync is final for the descriptor, as
// is a file that others touched: the next append opens it anew and cuts it back to the last whole note.
class CheckpointWriter {
 public:
  CheckpointWriter(std::string directory, Files& files) : directory_(std::move(directory)), files_(files) {}

  // The note and its empty line; when it returns without an error they are on the disk. What has to be cut before it is
  // kept in a torn file named for `seq`, the log's record to come.
  Status append(std::string_view note, std::uint64_t seq);
  // What an append has cut and the caller has not recorded yet.
  std::optional<Cut> take_cut() { return std::exchange(cut_, std::nullopt); }

 private:
  Status open(std::uint64_t seq);
  Status cut(File& file, const CheckpointsEnd& end, std::uint64_t seq);
  Status write(std::string_view bytes);

  std::string directory_;
  Files& files_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
  std::optional<Cut> cut_;
};

}  // namespace canaryd::audit
