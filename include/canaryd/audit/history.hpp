#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// A record as it stands in a log.
struct Entry {
  std::string file;
  std::uint64_t line = 0;  // from 1
  std::string time;        // when it was written: RFC 3339
  Record record;
};

// Whether bytes begin as a segment does, plain or compressed; whether they are one, reading shows.
bool begins_like_a_log(std::string_view text);

// Reads one segment, plain or compressed (".zst"), or all of a log's folder in order, without a lock and without
// writing, in memory that does not grow with the log. Segments whose records were removed, and a last line without its
// end (a log in use), are left out. Checks no chain: verify() does. Errors: `io`, `not_found` (no log in the folder),
// `invalid` with file, line and what was expected there.
Status read_segment(const std::string& file, Files& files, const std::function<void(const Entry&)>& visit);
Status read_log(const std::string& directory, Files& files, const std::function<void(const Entry&)>& visit);

}  // namespace canaryd::audit
