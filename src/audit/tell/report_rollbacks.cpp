#include "report_rollbacks.hpp"

#include <tuple>

#include "canaryd/base/time_text.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t most_remembered = 10'000;

bool is_applied(const Record& record) { return record.api && record.api->result == "applied"; }

std::string what_of(const Record& record) {
  std::string out;
  for (const auto& change : record.changes) {
    out += (out.empty() ? "" : "; ") + change.component + " " + change.canary + " from " + share(change.percent_before);
  }
  return out;
}

ReportRollback rollback_of(const Seen& seen) {
  const Record& record = seen.record;
  ReportRollback rollback;
  rollback.time = seen.time;
  rollback.id = record.id;
  if (record.target) rollback.service = record.target->ns + "/" + record.target->name;
  rollback.what = what_of(record);
  rollback.cause = cause_of(record);
  rollback.actor = record.actor;
  rollback.by_hand = is_by_hand(record);
  if (record.api) rollback.result = record.api->result;
  rollback.reason = record.reason;
  return rollback;
}

}  // namespace

WallTime FirstSeen::note(const std::string& name, WallTime time) {
  const auto [found, is_new] = first_.try_emplace(name, time);
  if (!is_new) return found->second;
  oldest_first_.push_back(name);
  if (oldest_first_.size() > most_remembered) {
    first_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  return time;
}

void RollbackPart::see(const Seen& seen) {
  const Record& record = seen.record;
  if (record.kind == Kind::confirmed || record.kind == Kind::unconfirmed) return see_confirmation(seen);
  count(seen);
  if (record.action != "rollback") return;
  if (record.kind == Kind::outcome) return see_outcome(seen);
  for (const auto& alert : record.alerts) {
    if (alert.status == "firing") notified_.note(alert.fingerprint + " " + alert.starts_at, seen.time);
  }
  if (record.kind != Kind::intent || !seen.in_period) return;
  if (intents_.size() < most_remembered) intents_.insert_or_assign(record.id, rollback_of(seen));
}

void RollbackPart::count(const Seen& seen) {
  if (!seen.in_period || seen.record.kind != Kind::outcome || !is_applied(seen.record)) return;
  if (seen.record.action == "advance") ++sums_.advances;
  if (seen.record.action == "promote") ++sums_.promotions;
  if (seen.record.action == "restart") ++sums_.restarts;
}

void RollbackPart::see_outcome(const Seen& seen) {
  intents_.erase(seen.record.id);
  if (!seen.in_period) return;
  auto rollback = rollback_of(seen);
  ++(is_applied(seen.record) ? sums_.rollbacks : sums_.rollbacks_bad);
  for (const auto& alert : seen.record.alerts) {
    const auto began = parse_rfc3339(alert.starts_at);
    const auto heard = notified_.note(alert.fingerprint + " " + alert.starts_at, seen.time);
    // Of several alerts the one that came first counts: it is how long users waited.
    if (began && (!rollback.after_alert || seen.time - *began > *rollback.after_alert)) {
      rollback.after_alert = seen.time - *began;
    }
    if (!rollback.after_notification || seen.time - heard > *rollback.after_notification) {
      rollback.after_notification = seen.time - heard;
    }
  }
  if (is_applied(seen.record)) {
    if (rollback.after_notification && to_act_.size() < most_remembered)
      to_act_.push_back(*rollback.after_notification);
    if (rollbacks_.items.size() < report_limit) waiting_[rollback.id] = rollbacks_.items.size();
  }
  keep(rollbacks_, std::move(rollback));
}

void RollbackPart::see_confirmation(const Seen& seen) {
  if (seen.record.kind == Kind::unconfirmed && seen.in_period) ++sums_.unconfirmed;
  const auto found = waiting_.find(seen.record.id);
  if (found == waiting_.end()) return;
  auto& rollback = rollbacks_.items[found->second];
  if (seen.record.kind == Kind::unconfirmed) {
    rollback.unconfirmed = true;
  } else {
    rollback.to_confirmation = seen.time - rollback.time;
    waiting_.erase(found);
  }
}

void RollbackPart::finish(Report& report) {
  sums_.rollbacks_bad += intents_.size();
  for (auto& [id, rollback] : intents_) keep(rollbacks_, std::move(rollback));
  std::sort(rollbacks_.items.begin(), rollbacks_.items.end(),
            [](const auto& a, const auto& b) { return std::tie(a.time, a.id) < std::tie(b.time, b.id); });
  report.rollbacks = std::move(rollbacks_);
  auto& sums = report.sums;
  sums.rollbacks = sums_.rollbacks;
  sums.rollbacks_bad = sums_.rollbacks_bad;
  sums.unconfirmed = sums_.unconfirmed;
  sums.advances = sums_.advances;
  sums.promotions = sums_.promotions;
  sums.restarts = sums_.restarts;
  if (to_act_.empty()) return;
  std::sort(to_act_.begin(), to_act_.end());
  sums.median_to_act = to_act_[to_act_.size() / 2];
  sums.longest_to_act = to_act_.back();
}

}  // namespace canaryd::audit
