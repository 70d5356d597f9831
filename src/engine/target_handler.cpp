#include "target_handler.hpp"

#include <algorithm>

#include "canaryd/traffic/patch.hpp"
#include "own_decisions.hpp"
#include "records.hpp"
#include "scope.hpp"

namespace canaryd::engine {

namespace {

using policy::Decision;
using policy::Reason;
using policy::Verdict;

constexpr int most_attempts = 3;  // the first, and two that decide again on a fresh read
constexpr auto least_time_for_a_target = std::chrono::seconds(2);

// Adds a decision to act to those before it: one patch takes all their components.
void unite(Decision& all, const Decision& one) {
  if (all.components.empty()) {
    all = one;
    return;
  }
  for (const auto component : one.components) {
    if (std::find(all.components.begin(), all.components.end(), component) == all.components.end()) {
      all.components.push_back(component);
    }
  }
}

}  // namespace

// One target of one notification.
struct TargetHandler::Case {
  const Rules& rules;
  const Delivery& delivery;
  const Target& target;
  std::vector<Note>& notes;
  Origin origin;
  std::vector<alert::Signal> signals;       // firing, mapped to rollback
  std::optional<traffic::Rollout> refused;  // what the last patch was made for that the API server answered with 422
};

TargetHandler::TargetHandler(const Settings& settings, Reader& reader, Actuator& actuator, Recorder& recorder,
                             TargetLocks& locks, const AdvanceFactFinder& facts, OpenRollbacks& open,
                             const Clock& clock)
    : settings_(settings),
      reader_(reader),
      actuator_(actuator),
      recorder_(recorder),
      locks_(locks),
      facts_(facts),
      open_(open),
      clock_(clock) {}

Handled TargetHandler::handle(const Rules& rules, const Delivery& delivery, const Target& target,
                              std::vector<alert::Signal> signals, std::vector<Note>& notes) {
  if (is_late(delivery)) return late(delivery, target, signals);
  Case item{rules, delivery, target, notes, {delivery, rules.config_sha256, nullptr, nullptr}, {}, std::nullopt};
  for (auto& signal : signals) {
    if (const auto decision = without_reading(signal, target, delivery)) {
      note(item, signal, nullptr, *decision);
    } else {
      item.signals.push_back(std::move(signal));
    }
  }
  return item.signals.empty() ? Handled{} : decide_and_act(item);
}

// A notification about many services and a slow API server: what is not begun in time is asked for again.
bool TargetHandler::is_late(const Delivery& delivery) const {
  return clock_.steady() >= delivery.deadline - least_time_for_a_target;
}

// Not begun in time: Alertmanager sends it again, and canaryd does not wait for that.
Handled TargetHandler::late(const Delivery& delivery, const Target& target, const std::vector<alert::Signal>& signals) {
  for (const auto& signal : signals) keep_or_settle(signal, delivery, Reason::cluster_unavailable);
  return {true, answer_line(Reason::cluster_unavailable, target.str()) + ": out of time"};
}

// A rollback that could not be done now is decided again when its reason may have ended.
void TargetHandler::keep_or_settle(const alert::Signal& signal, const Delivery& delivery, Reason reason) {
  if (signal.action != alert::Action::rollback || reason == Reason::not_in_scope) return;
  if (signal.alert.status == alert::AlertStatus::firing && stays_open(reason)) {
    open_.keep(signal, delivery, reason);
  } else {
    open_.settled(signal);
  }
}

void TargetHandler::note(Case& item, const alert::Signal& signal, const traffic::Rollout* rollout,
                         const Decision& decision) {
  keep_or_settle(signal, item.delivery, decision.reason);
  item.notes.push_back(recorder_.note(item.origin, signal, &item.target, rollout, decision));
}

// What needs no look at the object. nullopt: a firing alert that asks for a rollback in scope.
std::optional<Decision> TargetHandler::without_reading(const alert::Signal& signal, const Target& target,
                                                       const Delivery& delivery) const {
  if (!in_scope(settings_, delivery.namespaces, target.ns)) {
    return by_one_guard(Verdict::refuse, Reason::not_in_scope, "namespace " + target.ns.str());
  }
  if (signal.alert.status == alert::AlertStatus::resolved) return by_one_guard(Verdict::noop, Reason::resolved, "");
  if (signal.action == alert::Action::hold) return by_one_guard(Verdict::hold, Reason::held, "");
  return std::nullopt;
}

Handled TargetHandler::decide_and_act(Case& item) {
  const TargetLocks::Held lock(locks_, item.target, item.delivery.deadline);
  if (!lock || is_late(item.delivery)) return late(item.delivery, item.target, item.signals);

  auto reading = reader_.copy_or_fresh(item.target, item.delivery.deadline);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (auto result = once(item, reading)) return *result;
    reading = reader_.fresh(item.target, item.delivery.deadline);
  }
  // 422 has two meanings (facts: a failed `test` reads like a schema violation): when the object is still what the
  // patch tests for, it is the other one.
  const bool still_as_tested = item.refused && reading && traffic::passes_same_tests(*item.refused, reading->rollout);
  note_all(item, by_one_guard(Verdict::retry, still_as_tested ? Reason::patch_rejected : Reason::conflict,
                              "refused at each of " + std::to_string(most_attempts) + " tries"));
  return {};
}

// What is decided about each alert of the case, on one version of the object.
TargetHandler::Judged TargetHandler::judge(Case& item, const traffic::Rollout& rollout) {
  find_policy(item.origin, item.rules, rollout);
  const bool unattributed =
      std::any_of(item.signals.begin(), item.signals.end(), [](const auto& signal) { return !signal.revision; });
  auto circumstances =
      reader_.circumstances(rollout, unattributed, facts_.is_stopped(item.rules), item.delivery.deadline);
  circumstances.breaker_stops = item.rules.breaker.stops_rollbacks && facts_.is_breaker_open(item.rules);
  Judged judged;
  for (const auto& signal : item.signals) {
    auto decision = policy::decide_rollback(signal, rollout, item.origin.policy, circumstances);
    if (decision.verdict == Verdict::act) {
      judged.acting.push_back(signal);
      unite(judged.act, decision);
    } else {
      judged.passive.emplace_back(&signal, std::move(decision));
    }
  }
  return judged;
}

// One look at the object. nullopt: read it fresh and look again.
std::optional<Handled> TargetHandler::once(Case& item, const Result<Reading>& reading) {
  if (!reading) {
    note_all(item, not_read(reading.error()));
    return Handled{};
  }
  const Judged judged = judge(item, reading->rollout);
  // To act on a copy is safe, the patch has its own tests. To let a bad signal pass needs a fresh look.
  if (judged.acting.empty() && !reader_.proven(*reading)) return std::nullopt;

  Handled handled;
  if (!judged.acting.empty()) {
    const auto acted = act(item, *reading, judged);
    if (!acted) return std::nullopt;
    handled = *acted;
  }
  for (const auto& [signal, decision] : judged.passive) {
    if (policy::would_act(decision)) {
      observe(item, *reading, *signal, decision);
    } else {
      note(item, *signal, &reading->rollout, decision);
    }
  }
  return handled;
}

// Mode observe: what would be done is tried with dryRun=All and put down.
void TargetHandler::observe(Case& item, const Reading& reading, const alert::Signal& signal, const Decision& decision) {
  const Move move = rollback_of(reading.rollout, decision.components);
  auto note = recorder_.note(item.origin, signal, &item.target, &reading.rollout, decision);
  add_trial(note.record, move, actuator_.try_out(move, reading, item.delivery.deadline));
  item.notes.push_back(std::move(note));
  open_.settled(signal);
}

// One patch for all alerts that ask for it. nullopt: one of its preconditions failed.
std::optional<Handled> TargetHandler::act(Case& item, const Reading& reading, const Judged& judged) {
  const Attempt attempt = actuator_.carry_out(item.origin, judged.acting, reading, judged.act,
                                              rollback_of(reading.rollout, judged.act.components));
  if (attempt.next == Attempt::Next::decide_anew) {
    item.refused.reset();
    if (attempt.unprocessable) item.refused = reading.rollout;
    return std::nullopt;
  }
  const bool retry = attempt.next == Attempt::Next::retry;
  for (const auto& signal : judged.acting) {
    // An intent whose outcome is open says nothing yet of what was answered: this does.
    if (attempt.reason == Reason::outcome_unknown) {
      note(item, signal, &reading.rollout, by_one_guard(Verdict::retry, attempt.reason, "answered 503"));
    } else {
      keep_or_settle(signal, item.delivery, attempt.reason);
      recorder_.action(signal, item.target, retry ? Verdict::retry : Verdict::act, attempt.reason);
    }
  }
  return Handled{retry, answer_line(attempt.reason, item.target.str())};
}

void TargetHandler::note_all(Case& item, const Decision& decision) {
  for (const auto& signal : item.signals) note(item, signal, nullptr, decision);
}

}  // namespace canaryd::engine
