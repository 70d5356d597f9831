#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "canaryd/audit/log.hpp"
#include "line.hpp"

namespace canaryd::audit {

// What a segment holds up to the first byte that is not a whole, chained line.
struct ReadBack {
  Chain chain;
  std::uint64_t end = 0;          // of the last whole, chained line
  std::uint64_t last_length = 0;  // of that line, without LF
  std::string misfit;             // why it ends there, when the file goes on
  Recovered unfinished;
  std::set<std::string> torn_files;  // those that a `recovered` record names
};

// Reads a segment from its start, in memory that grows with what is unfinished only. Errors: io.
Result<ReadBack> read_back(Reader& file);

}  // namespace canaryd::audit
