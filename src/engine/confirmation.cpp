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
  bool by_us = false;  // undone by a later patch of ours
  std::string words;
};

// Promoted is what KServe has rolled out; of a share, status says when it is there.
bool arrived(const audit::Change& change, const ComponentRollout& component) {
  const Revision canary(change.canary);
  if (change.percent_after < 0 && component.latest_rolledout != canary) return false;
  return component.share_of(canary) == (change.percent_after < 0 ? 100 : change.percent_after);
}

Seen look(const audit::Change& change, const traffic::Rollout& rollout, const std::string& field_manager) {
  const auto kind = traffic::component_from(change.component);
  const ComponentRollout* component = kind ? rollout.find(*kind) : nullptr;
  if (component == nullptr) return {Progress::undone, false, false, change.component + " is gone from the spec"};
  const std::string words = change.component + ": " + shares(*component);
  if (!shows(*component, change.percent_after)) {
    const std::string percent = component->raw_percent ? std::to_string(*component->raw_percent) : "absent";
    return {Progress::undone, false, component->percent_manager == field_manager,
            words + "; the percent is now " + percent + ", set by " +
                (component->percent_manager.empty() ? "nobody" : component->percent_manager)};
  }
  const bool route_ready = component->route.status == ConditionStatus::is_true;
  if (arrived(change, *component) && route_ready) return {Progress::done, false, false, words};
  const bool blocked =
      component->route.status == ConditionStatus::is_false || component->ready.status == ConditionStatus::is_false;
  return {Progress::waiting, blocked, false,
          words + "; route " + component->route.reason + " " + component->route.message};
}

Seen look(const Intent& intent, const traffic::Rollout& rollout, const std::string& field_manager) {
  if (rollout.generation <= intent.generation)
    return {Progress::waiting, false, false, "the copy is from before the patch"};
  Seen all;
  for (const auto& change : intent.changes) {
    const Seen one = look(change, rollout, field_manager);
    all.progress = std::max(all.progress, one.progress);
    all.blocked = all.blocked || one.blocked;
    all.by_us = all.by_us || one.by_us;
    all.words += (all.words.empty() ? "" : "; ") + one.words;
  }
  return all;
}

// What people call what was asked for, by its name in records.
std::string noun_of(const audit::Record& record) {
  if (record.action == "advance") return "step forward";
  if (record.action == "promote") return "promotion";
  if (record.action == "restart") return "return to the first stage";
  return "rollback";
}

std::string late_reason(const audit::Record& record, const Seen& seen) {
  if (record.action != "rollback") return "not_converged";
  return seen.blocked ? "rollback_blocked" : "rollback_pending";
}

audit::Record record_of(audit::Kind kind, const Intent& intent, std::string reason, const std::string& words,
                        std::string message) {
  auto record = follow_up(intent.record, kind, std::move(reason), std::move(message));
  record.details = {{"seen", words}};
  return record;
}

}  // namespace

void Confirmations::add(const Intent& intent, std::chrono::milliseconds within, SteadyTime now) {
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

std::size_t Confirmations::rollbacks() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(waiting_.begin(), waiting_.end(), [](const auto& entry) {
    return entry.second.intent.record.action == "rollback";
  }));
}

std::vector<audit::Record> Confirmations::observe(const Target& target, const traffic::Rollout* rollout,
                                                  SteadyTime now) {
  std::vector<audit::Record> records;
  const std::lock_guard lock(mutex_);
  auto [position, end] = waiting_.equal_range(target);
  while (position != end) {
    const Waiting& waiting = position->second;
    const std::string what = "the " + noun_of(waiting.intent.record) + " of " + target.str();
    const bool same = rollout != nullptr && rollout->uid == waiting.intent.uid;
    const Seen seen = same ? look(waiting.intent, *rollout, field_manager_)
                           : Seen{Progress::undone, false, false, "the service is gone"};
    if (seen.progress == Progress::waiting) {
      ++position;
      continue;
    }
    if (seen.progress == Progress::done) {
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - waiting.since);
      records.push_back(record_of(audit::Kind::confirmed, waiting.intent, waiting.intent.record.reason, seen.words,
                                  "Status shows " + what + ", " + to_text(took) +
                                      (waiting.intent.taken_up ? " after canaryd's start." : " after the patch.")));
    } else {
      std::string message = "Before status showed ";
      message.append(what)
          .append(seen.by_us ? ", a later patch of canaryd" : ", another")
          .append(" changed the percent.");
      records.push_back(record_of(audit::Kind::unconfirmed, waiting.intent, seen.by_us ? "superseded" : "undone",
                                  seen.words, std::move(message)));
    }
    position = waiting_.erase(position);
  }
  return records;
}

std::vector<audit::Record> Confirmations::overdue(const std::map<Target, traffic::Rollout>& copies, SteadyTime now) {
  std::vector<audit::Record> records;
  const std::lock_guard lock(mutex_);
  for (auto& [target, waiting] : waiting_) {
    if (waiting.said_overdue || now < waiting.until) continue;
    waiting.said_overdue = true;
    const auto copy = copies.find(target);
    const Seen seen = copy == copies.end() ? Seen{Progress::waiting, false, false, "no copy of the service"}
                                           : look(waiting.intent, copy->second, field_manager_);
    const auto& record = waiting.intent.record;
    std::string message =
        "The " + noun_of(record) + " of " + target.str() + " was accepted, and status does not show it in time";
    if (record.action == "rollback") message += ": users may still be served by the canary";
    records.push_back(
        record_of(audit::Kind::unconfirmed, waiting.intent, late_reason(record, seen), seen.words, message + "."));
  }
  return records;
}

}  // namespace canaryd::engine
