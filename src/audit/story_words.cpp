#include "story_words.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t date_length = 10;       // "2026-11-21"
constexpr std::size_t longest_character = 4;  // bytes of UTF-8
constexpr std::size_t moment_length = 23;     // "2026-11-21T05:42:39.081"

// A percent of the other revision.
int rest_of(int percent) { return percent < 0 ? 0 : 100 - percent; }

}  // namespace

std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "...";
}

std::string shown(std::string_view text, std::size_t limit) {
  // What is escaped grows: no more than this can be shown.
  std::string line = printable(text.substr(0, limit + longest_character));
  for (auto at = line.find('\n'); at != std::string::npos; at = line.find('\n', at)) line.replace(at, 1, "\\n");
  return cut(std::move(line), limit);
}

std::string moment(WallTime time) {
  auto text = to_rfc3339(time).substr(0, moment_length);
  text[date_length] = ' ';
  return text;
}

std::string time_of_day(WallTime time) { return moment(time).substr(date_length + 1); }

std::string duration(std::chrono::microseconds duration) {
  using namespace std::chrono;
  if (duration < microseconds(0)) return "-" + audit::duration(-duration);
  if (duration < milliseconds(1)) return duration.count() == 0 ? "0s" : "<1ms";
  auto rounded = duration_cast<milliseconds>(duration);
  if (rounded >= minutes(1)) rounded = duration_cast<seconds>(rounded);
  if (rounded >= hours(24)) rounded = duration_cast<minutes>(rounded);
  return to_text(rounded);
}

std::string share(int percent) {
  return percent < 0 ? std::string("no percent (all traffic)") : std::to_string(percent) + " %";
}

std::string change_words(const Change& change) {
  std::string out = shown(change.component) + ": " + shown(change.canary) + " from " + share(change.percent_before) +
                    " to " + share(change.percent_after);
  if (change.stable.empty()) return out;
  return out + ", " + shown(change.stable) + " from " + share(rest_of(change.percent_before)) + " to " +
         share(rest_of(change.percent_after));
}

std::string answer_words(const ApiAnswer& api) {
  std::string out = api.http_status == 0 ? "the API server gave no answer"
                                         : "the API server answered " + std::to_string(api.http_status);
  std::string result = api.result;
  std::replace(result.begin(), result.end(), '_', ' ');
  if (!result.empty()) out += ": " + shown(result);
  if (api.generation != 0) out += ", generation " + std::to_string(api.generation);
  if (!api.detail.empty()) out += " (" + shown(api.detail) + ")";
  return out;
}

bool is_by_hand(const Record& record) {
  return record.alerts.empty() && !record.because.empty() && record.actor != "canaryd";
}

std::string detail_of(const Record& record, std::string_view name) {
  const auto found = std::find_if(record.details.begin(), record.details.end(),
                                  [&](const auto& detail) { return detail.first == name; });
  return found == record.details.end() ? std::string() : found->second;
}

std::string about(const Record& record) {
  return record.target ? shown(record.target->ns + "/" + record.target->name) : shown(detail_of(record, "scope"));
}

}  // namespace canaryd::audit
