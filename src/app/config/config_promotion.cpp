#include <algorithm>
#include <array>
#include <chrono>

#include "canaryd/base/time_text.hpp"
#include "config_parts.hpp"
#include "config_values.hpp"

namespace canaryd::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// CanaryHealthy looks back 2m, waits a `for` of 2m and is scraped before: in less, no evidence can be of one stage.
constexpr std::chrono::milliseconds shortest_dwell = minutes(2) + minutes(2) + seconds(10);

constexpr std::array<std::string_view, 7> days_of_week{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

bool is_day(const std::string& text) {
  return std::find(days_of_week.begin(), days_of_week.end(), text) != days_of_week.end();
}

// "08:30" as minutes since midnight.
std::optional<minutes> time_of_day(const std::string& text) {
  constexpr std::string_view form = "00:00";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == ':' ? text[i] != ':' : text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  if (two(0) > 23 || two(3) > 59) return std::nullopt;
  return minutes(two(0) * 60 + two(3));
}

void read_time(Section& entry, std::string_view key, minutes& out) {
  std::string text;
  const Wanted wanted{"a time of day from \"00:00\" to \"23:59\"",
                      [](const std::string& given) { return time_of_day(given).has_value(); }};
  if (entry.text(key, wanted, text)) out = *time_of_day(text);
}

policy::FreezeWindow read_window(Section& entry) {
  policy::FreezeWindow out;
  std::vector<std::string> days;
  const bool has_days = entry.texts("days", {"a day: mon, tue, wed, thu, fri, sat or sun", is_day, true}, days);
  if (has_days && days.empty()) entry.problem("days", "got an empty list, expected at least one day");
  for (std::size_t i = 0; i < days_of_week.size(); ++i) {
    out.days.at(i) = std::find(days.begin(), days.end(), days_of_week.at(i)) != days.end();
  }
  read_time(entry, "from", out.from);
  read_time(entry, "until", out.until);
  entry.text(
      "time_zone",
      {"a time zone that this system's data know (/usr/share/zoneinfo), such as Europe/Berlin", policy::is_time_zone},
      out.zone);
  entry.done();
  return out;
}

void read_stages(Section& section, std::vector<int>& out) {
  std::vector<std::size_t> stages;
  if (!section.wholes("stages", 1, 100, stages)) return;
  if (stages.empty()) {
    section.problem("stages", "got an empty list, expected at least one stage, the last one 100");
    return;
  }
  out.clear();
  for (std::size_t i = 0; i < stages.size(); ++i) {
    out.push_back(static_cast<int>(stages[i]));
    if (i == 0 || stages[i] > stages[i - 1]) continue;
    section.problem_at(section.place_of("stages", i), "stages[" + std::to_string(i) + "]",
                       "got " + std::to_string(stages[i]) + " after " + std::to_string(stages[i - 1]) +
                           ", expected more at each stage");
  }
  if (stages.back() == 100) return;
  section.problem_at(section.place_of("stages", stages.size() - 1), "stages",
                     "the last one is " + std::to_string(stages.back()) +
                         ", expected 100: a canary is judged with all of the traffic before it becomes the stable one");
}

void read_dwell(Section& section, std::chrono::milliseconds& out) {
  bool may_be_short = false;
  section.flag("short_dwell", may_be_short);
  if (!section.duration("dwell", seconds(1), hours(24 * 30), out) || may_be_short || out >= shortest_dwell) return;
  section.problem("dwell", "got " + to_text(out) + ", expected at least " + to_text(shortest_dwell) +
                               " (the 2m that CanaryHealthy looks back, its `for` of 2m, a scrape); short_dwell: true "
                               "allows less, for a trial with rules of shorter windows");
}

}  // namespace

void read_promotion(Section section, bool may_ask, policy::Promotion& out) {
  section.flag("enabled", out.enabled);
  read_stages(section, out.stages);
  read_dwell(section, out.dwell);
  section.decimal(
      "error_margin", "a difference of error ratios above 0 and below 1 (0.02 is 2 points), or off",
      [](double v) { return v > 0 && v < 1; }, true, out.error_margin);
  for (auto& entry : section.sections("freeze", "a map with days, from, until and time_zone", true)) {
    out.freeze.push_back(read_window(entry));
  }
  section.flag("new_revision_restarts", out.new_revision_restarts);
  section.done();
  if (out.enabled && !may_ask) {
    section.problem("enabled",
                    "promotion without prometheus.url, expected the address of the Prometheus that is asked before "
                    "each step");
  }
}

}  // namespace canaryd::app
