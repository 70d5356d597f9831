#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

struct Fault {
  std::string file;
  std::uint64_t line = 0;  // from 1
  std::uint64_t byte = 0;  // offset in the file, from 0
  std::string what;
};

struct Verdict {
  bool intact = false;
  std::vector<Fault> faults;              // the first fault of the chain, and those behind it, 20 at most
  std::uint64_t records = 0;              // whole lines
  std::string log_id;                     // as the first line gives it
  std::string head;                       // SHA-256 of the last whole line: what a later look must find again
  std::vector<std::string> open_intents;  // ids of intents without outcome (no fault; said)
  std::vector<std::string> notes;         // an unfinished last line of a log in use, a recovered tail
};

// Reads a log folder, or a copy of it, without a lock and without writing: bytes, chain, seq, form; in memory that does
// not grow with the log. Errors: `io`, `not_found` (no log there). A log that is broken is a Verdict, not an error. The
// last record is covered by no later one: that it and the length are the right ones only a head kept elsewhere shows.
Result<Verdict> verify(const std::string& directory);
Result<Verdict> verify(const std::string& directory, Files& files);

// The verdict in English for a person, several lines, each ended by LF; what comes from the log is escaped.
std::string to_text(const Verdict& verdict);

}  // namespace canaryd::audit
