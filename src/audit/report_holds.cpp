#include "report_holds.hpp"

#include "canaryd/base/time_text.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t most_kept = 10'000;

std::string scope_of(const Record& record) {
  auto scope = detail_of(record, "scope");
  if (!scope.empty()) return scope;
  return record.target ? record.target->ns + "/" + record.target->name : std::string("all services");
}

std::optional<WallTime> until_of(const Record& record) {
  const auto given = detail_of(record, "until");
  return given.empty() ? std::nullopt : parse_rfc3339(given);
}

ReportHold hold_of(const Seen& seen, const std::string& kind) {
  ReportHold hold;
  hold.kind = kind;
  hold.scope = scope_of(seen.record);
  hold.by = seen.record.actor;
  hold.because = seen.record.because;
  hold.id = seen.record.id;
  hold.from = seen.time;
  return hold;
}

}  // namespace

void HoldPart::see(const Seen& seen) {
  const Record& record = seen.record;
  if (record.kind == Kind::decision && !record.alerts.empty()) return see_alert(seen);
  if (record.kind != Kind::outcome || record.verdict != "act") return;
  if (record.action == "hold") {
    auto hold = hold_of(seen, "hold");
    hold.until = until_of(record);
    const std::string key = "hold " + hold.scope;
    begin(key, std::move(hold));
  } else if (record.action == "stop") {
    begin("stop", hold_of(seen, "stop"));
  } else if (record.action == "release") {
    end("hold " + scope_of(record), seen.time, record.actor);
  } else if (record.action == "start") {
    end("stop", seen.time, record.actor);
  }
}

void HoldPart::see_alert(const Seen& seen) {
  const Record& record = seen.record;
  if (record.action != "hold") return;
  const auto& alert = record.alerts.front();
  const std::string key = "alert " + alert.fingerprint + " " + alert.starts_at + " " + about(record);
  if (alert.status == "resolved") return end(key, seen.time, "the alert was resolved");
  if (record.reason != "held" || open_.contains(key)) return;
  auto hold = hold_of(seen, "alert");
  hold.by = alert.name;
  hold.because = alert.value.empty() ? std::string() : "value " + alert.value;
  begin(key, std::move(hold));
}

// A hold that is placed again takes the place of the former one.
void HoldPart::begin(std::string key, ReportHold hold) {
  end(key, hold.from, hold.by);
  if (all_.size() >= most_kept) {
    ++omitted_;
    return;
  }
  all_.push_back(std::move(hold));
  keys_[all_.back().id] = key;
  open_[std::move(key)] = std::prev(all_.end());
}

void HoldPart::end(const std::string& key, WallTime time, const std::string& by) {
  const auto found = open_.find(key);
  if (found == open_.end()) return;
  ReportHold& hold = *found->second;
  const bool expired = hold.until && *hold.until <= time;
  hold.ended = expired ? *hold.until : time;
  hold.ended_by = expired ? "its time" : by;
  keys_.erase(hold.id);
  open_.erase(found);
}

void HoldPart::finish(Report& report, WallTime end, std::optional<WallTime> since) {
  for (auto& [key, hold] : open_) {
    if (!hold->until || *hold->until > end) continue;
    hold->ended = hold->until;
    hold->ended_by = "its time";
  }
  open_.clear();
  report.sums.holds = omitted_;
  report.holds.omitted = omitted_;
  for (auto& hold : all_) {
    if (since && hold.ended && *hold.ended < *since) continue;
    ++report.sums.holds;
    keep(report.holds, std::move(hold));
  }
  all_.clear();
}

}  // namespace canaryd::audit
