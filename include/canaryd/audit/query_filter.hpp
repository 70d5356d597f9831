#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

// Which records are asked for: one language for `canaryd audit query` and GET /api/v1/audit (docs/audit-query.md).
// Pure; safe from any thread.
namespace canaryd::audit {

// A time as people say it: RFC 3339 ("2026-11-20T08:00:00+01:00"), a date ("2026-11-20", its first moment), "now",
// "today" and "yesterday" (their first moments), or a duration before now ("-90m", "-2d"). Days are UTC's. invalid says
// what was expected.
Result<WallTime> read_time(std::string_view text, WallTime now);

// What a value is held against: a * is any run of characters, an empty one too; all else is itself.
class Pattern {
 public:
  explicit Pattern(std::string text) : text_(std::move(text)) {}
  bool matches(std::string_view value) const;
  bool is_literal() const { return text_.find('*') == std::string::npos; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class FilterKey : std::uint8_t {
  ns,
  name,
  target,
  revision,
  action,
  verdict,
  reason,
  alert,
  actor,
  id,
  kind,
  event
};

struct FilterKeyInfo {
  FilterKey key = FilterKey::ns;
  const char* name = "";  // of the option and of the query parameter
  const char* what = "";  // which values of a record it is held against
};
// All of them, in the order of the enumeration; since and until are beside them.
std::span<const FilterKeyInfo> filter_keys();

struct Filter {
  std::optional<WallTime> since;                       // not before it
  std::optional<WallTime> until;                       // before it
  std::map<FilterKey, std::vector<Pattern>> patterns;  // of one key any, of all keys one each
  std::vector<std::string> namespaces;                 // when not empty: only records whose target is in one of them
};

// Keys and values as they were given: "since", "until" once each, and the names of filter_keys(), each with one value
// or several that are joined by commas. Errors: `invalid` with the key, what was expected and what there was, escaped.
Result<Filter> read_filter(const std::vector<std::pair<std::string, std::string>>& conditions, WallTime now);

// Whether a record written at `time` (RFC 3339 as records have it) is asked for.
bool matches(const Filter& filter, std::string_view time, const Record& record);

}  // namespace canaryd::audit
