#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/query_filter.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

struct Query {
  Filter filter;
  bool newest_first = false;
  bool parsed = true;                 // whether the visitor needs Match::record
  std::optional<std::uint64_t> from;  // the seq to begin at, whichever way it goes; absent: the log's end
};

// A record that was asked for. Valid during the visit.
struct Match {
  std::string_view line;  // as it stands in the log, without LF; one JSON object without control characters
  std::uint64_t seq = 0;
  std::string_view time;           // RFC 3339, UTC
  const Record* record = nullptr;  // always there when Query::parsed is set
};

struct QueryEnd {
  std::optional<std::uint64_t> next;  // Query::from to go on with; absent: nothing is left
  // What could not be read, with file and byte, 20 at most: the answer may lack something. Not escaped.
  std::vector<std::string> problems;
  std::string removed;  // a sentence about records that retention took and that may have been asked for; else empty
  std::uint64_t records = 0;  // that were looked at
  std::uint64_t skipped = 0;  // segments that were not opened because of their time
};

// Reads a log's folder, in use or a copy, without a lock and without writing, in memory that does not grow with it. It
// sees the segments there were when it began, which may be compressed or removed meanwhile. Segments whose records are
// out of time are skipped; a clock that went back loses nothing. `visit` returns whether to go on; `pause`, asked every
// few records and at least one after `from`, whether to stop here. Checks no chain: verify() does. Errors: `io`,
// `not_found` (no log in the folder); what is wrong in a log is a problem of the QueryEnd, and the rest is read.
Result<QueryEnd> run_query(const std::string& directory, Files& files, const Query& query,
                           const std::function<bool(const Match&)>& visit, const std::function<bool()>& pause = {});

}  // namespace canaryd::audit
