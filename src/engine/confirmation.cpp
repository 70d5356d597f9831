#include "confirmation.hpp"

#include <algorithm>
#include <string>

#include "canaryd/base/time_text.hpp"
#include "records.hpp"

namespace canaryd::engine {

namespace {

using traffic::ComponentRollout;
using traffic::ConditionStatus;

std::string shares(const ComponentRollout& component) {
  std::string out;
  for (const auto& share : component.traffic) {
    out += (out.empty() ? "" : ", ") + share.revision.str() + " " + std::to_string(share.percent) + " %";
  }
  return out.empty() ? "no traffic in status" : out;
}

enum class Progress : std::uint8_t { done, waiting, undone };

struct Seen {
  Progress progress = Progress::done;
  bool blocked = false;
  std::string words;
};

Seen look(const audit::Change& change, const traffic::Rollout& rollout) {
  const auto kind = traffic::component_from(change.component);
  const ComponentRollout* component = kind ? rollout.find(*kind) : nullptr;
  if (component == nullptr) return {Progress::undone, false, change.component + " is gone from the spec"};
  const std::string words = change.component + ": " + shares(*component);
  if (component->raw_percent != change.percent_after) {
    const std::string percent = component->raw_percent ? std::to_string(*component->raw_percent) : "absent";
    return {Progress::undone, false,
            words + "; the percent is now " + percent + ", set by " +
                (component->percent_manager.empty() ? "nobody" : component->percent_manager)};
  }
  const bool route_ready = component->route.status == ConditionStatus::is_true;
  if (component->share_of(Revision(change.canary)) == 0 && route_ready) return {Progress::done, false, words};
  const bool blocked =
      component->route.status == ConditionStatus::is_false || component->ready.status == ConditionStatus::is_false;
  return {Progress::waiting, blocked, words + "; route " + component->route.reason + " " + component->route.message};
}

Seen look(const Intent& intent, const traffic::Rollout& rollout) {
  if (rollout.generation <= intent.generation) return {Progress::waiting, false, "the copy is from before the patch"};
  Seen all;
  for (const auto& change : intent.changes) {
    const Seen one = look(change, rollout);
    all.progress = std::max(all.progress, one.progress);
    all.blocked = all.blocked || one.blocked;
    all.words += (all.words.empty() ? "" : "; ") + one.words;
  }
  return all;
}

audit::Record record_of(audit::Kind kind, const Intent& intent, std::string reason, const std::string& words,
                        std::string message) {
  auto record = follow_up(intent.record, kind, std::move(reason), std::move(message));
  record.details = {{"seen", words}};
  return record;
}

}  // namespace

void Confirmations::add(const Intent& intent, std::chrono::milliseconds within, WallTime now) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(intent.target, Waiting{intent, now, now + within, false});
}

bool Confirmations::waits_for(const Target& target) const {
  const std::lock_guard lock(mutex_);
  return waiting_.contains(target);
}

std::vector<Target> Confirmations::targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<Target> out;
  for (const auto& [target, waiting] : waiting_) {
    if (out.empty() || out.back() != target) out.push_back(target);
  }
  return out;
}

std::vector<audit::Record> Confirmations::observe(const Target& target, const traffic::Rollout* rollout, WallTime now) {
  std::vector<audit::Record> records;
  const std::lock_guard lock(mutex_);
  auto [position, end] = waiting_.equal_range(target);
  while (position != end) {
    const Waiting& waiting = position->second;
    const std::string name = target.str();
    const bool same = rollout != nullptr && rollout->uid == waiting.intent.uid;
    const Seen seen = same ? look(waiting.intent, *rollout) : Seen{Progress::undone, false, "the service is gone"};
    if (seen.progress == Progress::waiting) {
      ++position;
      continue;
    }
    if (seen.progress == Progress::done) {
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - waiting.since);
      records.push_back(record_of(audit::Kind::confirmed, waiting.intent, "rolled_back", seen.words,
                                  "Status shows the rollback of " + name + ", " + to_text(took) + " after the patch."));
    } else {
      records.push_back(record_of(audit::Kind::unconfirmed, waiting.intent, "undone", seen.words,
                                  "The rollback of " + name + " was changed by another before status showed it."));
    }
    position = waiting_.erase(position);
  }
  return records;
}

std::vector<audit::Record> Confirmations::overdue(const std::map<Target, traffic::Rollout>& copies, WallTime now) {
  std::vector<audit::Record> records;
  const std::lock_guard lock(mutex_);
  for (auto& [target, waiting] : waiting_) {
    if (waiting.said_overdue || now < waiting.until) continue;
    waiting.said_overdue = true;
    const auto copy = copies.find(target);
    const Seen seen = copy == copies.end() ? Seen{Progress::waiting, false, "no copy of the service"}
                                           : look(waiting.intent, copy->second);
    records.push_back(record_of(audit::Kind::unconfirmed, waiting.intent,
                                seen.blocked ? "rollback_blocked" : "rollback_pending", seen.words,
                                "The rollback of " + target.str() +
                                    " was accepted, and status does not show it in time: users may still be served "
                                    "by the canary."));
  }
  return records;
}

}  // namespace canaryd::engine
