#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/record.hpp"

namespace canaryd::audit {

// A log that cannot be continued.
struct Loss {
  std::string log_id;            // empty: nothing tells it
  std::string what;              // one sentence
  std::uint64_t records = 0;     // as far as its chain is there
  std::uint64_t checkpoint = 0;  // size of its newest checkpoint, 0: none
};

// Moves the files of the log in `directory` to "lost-<log id>/" beside it and returns the first record of the log that
// takes its place. What a crash interrupts the next start completes: a file in that folder says what is under way.
Result<Record> put_aside(const std::string& directory, Files& files, const Loss& loss);

// To be called first by a start: completes what was interrupted, and returns the record of `put_aside` as long as it
// may not be on the disk. nullopt when nothing was under way.
Result<std::optional<Record>> resume_putting_aside(const std::string& directory, Files& files);

// Once that record is on the disk.
Status finish_putting_aside(const std::string& directory, Files& files);

// How many such folders are there.
Result<std::uint64_t> count_lost(const std::string& directory, Files& files);

}  // namespace canaryd::audit
