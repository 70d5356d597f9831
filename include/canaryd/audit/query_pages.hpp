#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

inline constexpr std::size_t default_page = 100;  // records
inline constexpr std::size_t largest_page = 1000;

// One page of what a filter asks for.
struct PageRequest {
  std::vector<std::pair<std::string, std::string>> conditions;  // as read_filter takes them
  std::vector<std::string> namespaces;                          // of the client; empty: all records
  bool newest_first = false;
  std::size_t limit = default_page;  // 1 to largest_page
  std::string cursor;                // Page::next of the page before, for the same conditions; empty: the first page
};

struct Page {
  std::vector<std::string> records;   // lines as they stand in the log, without LF, each one JSON object
  std::string next;                   // a cursor; empty: there is no further page
  std::vector<std::string> problems;  // QueryEnd::problems
  std::string removed;                // QueryEnd::removed
};

// Safe from any thread. A page ends at `limit` records, at some 512 KiB, or after two seconds, then perhaps without a
// record. A cursor holds the seq to go on at and the moment that relative times count from, so it stays
// good while segments are begun, compressed and removed. At most two pages are read at once. Errors: `throttled`
// (retry_after is set), `invalid` (a condition, the cursor), `io`, `not_found`.
using PageReader = std::function<Result<Page>(const PageRequest&)>;

// `files` and `clock` outlive the reader. `log_id`: a cursor of another log is invalid.
PageReader page_reader(std::string directory, Files& files, const Clock& clock, const std::string& log_id);

}  // namespace canaryd::audit
