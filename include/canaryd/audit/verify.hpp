#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// The questions that a look at a log answers, each apart (docs/audit-verify.md).
enum class Check : std::uint8_t {
  integrity,     // what is there is what was written: bytes, chain, form, leaf hashes, signed roots
  completeness,  // nothing is missing that should be there
  signatures,    // the log's own checkpoints are signed by a known key
  anchoring      // checkpoints that were kept elsewhere are of this log
};
const char* name_of(Check check);

enum class State : std::uint8_t { good, broken, not_checked };
const char* name_of(State state);  // "good", "broken", "not checked"

struct Finding {
  State state = State::not_checked;
  std::string why;           // one phrase: what was looked at, or why it was not checked
  std::uint64_t faults = 0;  // all of them, also those that are not listed
};

struct Fault {
  std::string file;
  std::uint64_t line = 0;  // from 1; 0: of no line, as in a file of hashes
  std::uint64_t byte = 0;  // offset from 0; in a compressed segment that of the plain bytes
  std::string what;        // what was expected there
  Check check = Check::integrity;
};

struct Verdict {
  bool intact = false;  // nothing that was checked is broken
  Finding integrity;
  Finding completeness;
  Finding signatures;
  Finding anchoring;
  std::vector<Fault> faults;              // in the order of Check, then as they were found; 20 of each at most
  std::uint64_t records = 0;              // whole lines
  std::uint64_t bytes = 0;                // of them, plain, with their line ends
  std::uint64_t segments = 0;             // with those whose records were removed
  std::uint64_t removed = 0;              // segments whose records were removed
  std::optional<TreeHead> tree;           // of all records, the removed ones too; nullopt when a part of it is nowhere
  std::uint64_t checkpoints = 0;          // of its own that were read
  std::uint64_t anchors = 0;              // checkpoints of this log from elsewhere, repetitions included
  std::uint64_t other_anchors = 0;        // the same, of other logs
  std::string log_id;                     // as the log gives it; empty when it does not say
  std::string name;                       // in its newest checkpoint: "<origin>/<log id>"; empty without one
  std::string head;                       // SHA-256 of the last whole line
  std::vector<std::string> open_intents;  // ids of intents without outcome (no fault; said), 1000 at most
  std::vector<std::string> notes;         // an unfinished last line, a recovered tail, removed segments...
};

struct VerifyOptions {
  std::vector<std::string> key_files;         // public keys, as parse_public_keys takes them
  std::vector<std::string> checkpoint_files;  // kept elsewhere: signed notes, or log lines that hold them
  // Told now and then, in bytes of the log's files.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

// Reads a log folder, or a copy of it, once, without a lock and without writing; in memory that grows with the number
// of segments and of distinct checkpoints from elsewhere only. Errors: `io`, `not_found` (no log there), `invalid` (a
// key file without a key, a checkpoint file without a checkpoint). A log that is broken is a Verdict, not an error.
Result<Verdict> verify(const std::string& directory);
Result<Verdict> verify(const std::string& directory, Files& files);
Result<Verdict> verify(const std::string& directory, const VerifyOptions& options, Files& files);

// The verdict in English for a person, several lines, each ended by LF; what comes from the log is escaped.
std::string to_text(const Verdict& verdict);
// The same as one JSON object, ended by LF.
std::string to_json(const Verdict& verdict);

}  // namespace canaryd::audit
