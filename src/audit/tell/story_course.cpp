#include "story_course.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "canaryd/base/time_text.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

struct Event {
  WallTime time;
  std::string what;
};

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The alert that began first of those that were decided on together.
std::optional<Event> beginning(const Record& record) {
  std::optional<Event> first;
  for (const auto& alert : record.alerts) {
    const auto time = parse_rfc3339(alert.starts_at);
    if (!time || (first && first->time <= *time)) continue;
    first = Event{*time, shown(alert.name.empty() ? std::string("an unnamed alert") : alert.name) + " began."};
  }
  return first;
}

std::string seen_words(const Record& record) {
  const auto seen = detail_of(record, "seen");
  return seen.empty() ? std::string() : " Seen in status: " + shown(seen) + ".";
}

std::string outcome_words(const Record& record) {
  std::string out = record.api ? capitalised(answer_words(*record.api)) + "." : shown(record.message);
  if (record.api && !record.api->admission_changed.empty()) {
    out += " Admission changed more than the traffic:";
    for (const auto& path : record.api->admission_changed) out += " " + shown(path);
    out += ".";
  }
  if (record.message.starts_with("Settled later")) out += " " + shown(record.message);
  return out;
}

std::string what_of(const Record& record) {
  switch (record.kind) {
    case Kind::intent:
      return record.patch.empty() ? shown(record.message)
                                  : "Decided. The intent was on the disk before the patch was sent.";
    case Kind::outcome:
      return outcome_words(record);
    case Kind::confirmed:
      return "Confirmed. " + shown(record.message) + seen_words(record);
    case Kind::unconfirmed:
      return "NOT CONFIRMED. " + shown(record.message) + seen_words(record);
    case Kind::decision:
    case Kind::received:
    case Kind::lifecycle:
      break;
  }
  return shown(record.message) + (record.api ? " Tried: " + answer_words(*record.api) + "." : std::string());
}

std::vector<Event> events_of(const Case& found) {
  std::vector<Event> events;
  if (auto began = beginning(found.records.front().record)) events.push_back(std::move(*began));
  if (found.first_heard) {
    const Record& first = found.first_heard->record;
    events.push_back({found.first_heard->time, "canaryd first recorded something about this alert: " +
                                                   shown(first.reason) + " (" + shown(first.id) + ")."});
  }
  for (const auto& [seq, time, record] : found.records) events.push_back({time, what_of(record)});
  return events;
}

std::string line_of(const std::string& time, const std::string& since, std::size_t width, const std::string& what) {
  return "  " + time + "  " + since + std::string(width - since.size() + 2, ' ') + what + "\n";
}

}  // namespace

std::string tell_course(const Case& found) {
  const auto events = events_of(found);
  if (events.size() == 1) return {};
  std::vector<std::string> since;
  std::size_t width = 0;
  for (const auto& event : events) {
    const auto after = event.time - events.front().time;
    since.push_back(&event == &events.front() ? "" : (after.count() < 0 ? "" : "+") + duration(after));
    width = std::max(width, since.back().size());
  }
  std::string out;
  for (std::size_t i = 0; i < events.size(); ++i) {
    out += line_of(moment(events[i].time), since[i], width, events[i].what);
  }
  return out;
}

std::string tell_later(const Case& found) {
  std::string out;
  for (const auto& [seq, time, record] : found.later) {
    out += "  " + moment(time) + "  " + shown(record.message) +
           (is_by_hand(record) ? " By " + shown(record.actor) + ": " + shown(record.because) + "." : std::string()) +
           " (" + shown(record.id) + ")\n";
  }
  if (found.more_later > 0) out += "  and " + std::to_string(found.more_later) + " more.\n";
  return out;
}

}  // namespace canaryd::audit
