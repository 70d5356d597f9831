#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "audit/format/head.hpp"
#include "audit/format/line.hpp"
#include "audit/format/lines.hpp"
#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// What a segment holds up to the first byte that is not a whole, chained line.
struct ReadBack {
  Chain chain;
  std::uint64_t end = 0;          // of the last whole, chained line
  std::uint64_t last_length = 0;  // of that line, without LF
  std::string misfit;             // why it ends there, when the file goes on
};

// A whole, chained line; in order. Its offset is that in the segment.
using SeeLine = std::function<void(const Head& head, const Line& line)>;

// Reads a segment from its start in bounded memory. `chain` is where its first line must stand; an empty `prev` takes
// what that line gives. Errors: io.
Result<ReadBack> read_back(Reader& file, Chain chain, const SeeLine& see);

// The first line of a segment that begins with `seq`, when it is whole and JSON; empty when it is not. Errors: io.
Result<std::string> first_line(Reader& file, std::uint64_t seq);

}  // namespace canaryd::audit
