#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/base/clock.hpp"

namespace canaryd::audit {

// Where a further page goes on.
struct Cursor {
  std::string log;  // the first digits of the log's id
  bool newest_first = false;
  std::uint64_t seq = 0;
  WallTime asked_at;  // what relative times count from, on every page
  bool operator==(const Cursor&) const = default;
};

// "4c6b3f4c.o.1234.1795269758975067"; callers see a text without meaning.
std::string to_text(const Cursor& cursor);
std::optional<Cursor> read_cursor(std::string_view text);  // nullopt: to_text() wrote no such text

}  // namespace canaryd::audit
