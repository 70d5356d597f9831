#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The same with as few of the notes before the last one as can be: the end of the file is read only, unless nothing
// there is a note.
Result<CheckpointsEnd> each_at_the_end(Reader& file, const VisitNote& visit);

// What a log's own checkpoints bind a process to.
struct NewestCheckpoint {
  std::optional<Checkpoint> checkpoint;
  // Why the newest note of the file is not that one; empty when it is.
  std::string doubt;
};

// The newest note of a log's folder that one of `keys` signed; when none did, the newest that is a checkpoint and does
// not pretend to be signed by one of them: the keys may be others now. Errors: io.
Result<NewestCheckpoint> newest_checkpoint(const std::string& directory, Files& files,
                                           const std::vector<PublicKey>& keys);

}  // namespace canaryd::audit
