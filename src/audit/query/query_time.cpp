#include "canaryd/audit/query_filter.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t max_shown = 64;
constexpr std::string_view date_form = "2026-11-20";

WallTime midnight_before(WallTime time) { return std::chrono::floor<std::chrono::days>(time); }

std::optional<WallTime> read(std::string_view text, WallTime now) {
  if (text == "now") return now;
  if (text == "today") return midnight_before(now);
  if (text == "yesterday") return midnight_before(now) - std::chrono::days(1);
  if (text.size() == date_form.size()) return parse_rfc3339(std::string(text) + "T00:00:00Z");
  if (!text.starts_with('-')) return parse_rfc3339(text);
  const auto before = parse_duration(text.substr(1));
  if (!before) return std::nullopt;
  return now - *before;
}

}  // namespace

Result<WallTime> read_time(std::string_view text, WallTime now) {
  if (const auto time = read(text, now)) return *time;
  return fail(
      Error::invalid("expected RFC 3339, a date (2026-11-20), now, today, yesterday, or how long before now (-90m, "
                     "-2d), got \"" +
                     escaped(text, max_shown) + "\""));
}

}  // namespace canaryd::audit
