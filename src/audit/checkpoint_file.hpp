#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// "checkpoints.log": signed notes one after another, each followed by one empty line. A checkpoint holds one empty line
// itself (before its signatures), so that the second one ends it.

// Where the last whole note ends, and what stands behind it.
struct CheckpointsEnd {
  std::uint64_t offset = 0;  // behind the empty line
  std::uint64_t line = 1;    // that begins there, from 1
  std::uint64_t left = 0;    // bytes behind it: a torn note, or what is longer than any note
};

// `note` ends with the LF of its last signature line and is valid during the call only; it is not parsed. False ends
// the reading.
using VisitNote = std::function<bool(std::uint64_t offset, std::uint64_t line, std::string_view note)>;

// Reads all notes in order in memory of two notes of checkpoint_limit bytes. A longer one is where the reading ends.
// Errors: io.
Result<CheckpointsEnd> for_each_checkpoint(Reader& file, const VisitNote& visit);

// The newest note of a log's folder that can be read as a checkpoint; its signatures are not checked. nullopt when
// there is none. Reads the end of the file only, unless nothing there is a note. Errors: io.
Result<std::optional<Checkpoint>> newest_checkpoint(const std::string& directory, Files& files);

// The file, open for appending. Not thread-safe. A failed write or fdatasync is final for the descriptor, as is a file
// that others touched: the next append opens it anew and cuts it back to the last whole note.
class CheckpointFile {
 public:
  CheckpointFile(std::string directory, Files& files) : directory_(std::move(directory)), files_(files) {}

  // Creates it when absent and cuts a torn last note; append() does it when it was not done. Returns the bytes cut.
  Result<std::uint64_t> open();
  // The note and its empty line; when it returns without an error they are on the disk.
  Status append(std::string_view note);

 private:
  Status write(std::string_view bytes);

  std::string directory_;
  Files& files_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
};

}  // namespace canaryd::audit
