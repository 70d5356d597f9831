#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/audit/query_filter.hpp"

namespace canaryd::audit {

// The members of a line that stand at known places. Views into the line.
struct LineStart {
  std::uint64_t seq = 0;
  std::string_view time;
};

// nullopt for what does not begin as a record does. A fraction of what reading the head costs.
std::optional<LineStart> line_start(std::string_view line);

// Tells of most lines that they are not asked for, without reading their JSON: a record that a filter wants has the
// wanted text in its line, spelled as canaryd spells JSON.
class Screen {
 public:
  explicit Screen(const Filter& filter);
  bool in_time(std::string_view time) const { return time >= since_ && (until_.empty() || time < until_); }
  bool may_match(std::string_view line) const;
  // Nothing but the time is asked for.
  bool is_open() const { return any_of_.empty(); }
  // A segment whose records were written from `from` to `to`, both included, may have one in time.
  bool overlaps(std::string_view from, std::string_view to) const {
    return to >= since_ && (until_.empty() || from < until_);
  }

 private:
  using Texts = std::vector<std::string>;
  std::string since_;  // as records have it; empty: the first there can be
  std::string until_;  // empty: none
  std::vector<Texts> any_of_;
};

}  // namespace canaryd::audit
