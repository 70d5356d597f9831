#include "advance_handler.hpp"

#include <optional>
#include <utility>

#include "own_decisions.hpp"
#include "records.hpp"
#include "scope.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using policy::Verdict;

// Two reads, the gate and a patch: less is not worth beginning.
constexpr auto least_time = std::chrono::seconds(5);

// What needs no look at the object. nullopt: a firing alert about a service in scope.
std::optional<policy::Decision> without_reading(const alert::Signal& signal, const Settings& settings,
                                                const Delivery& delivery) {
  if (!in_scope(settings, delivery.namespaces, signal.target->ns)) {
    return by_one_guard(Verdict::refuse, Reason::not_in_scope, "namespace " + signal.target->ns.str());
  }
  if (signal.alert.status == alert::AlertStatus::resolved) return by_one_guard(Verdict::noop, Reason::resolved, "");
  return std::nullopt;
}

policy::AdvanceRequest request_of(const alert::Signal& signal) {
  policy::AdvanceRequest request;
  request.revision = signal.revision;
  request.percent = signal.percent;
  request.starts_at = signal.alert.starts_at;
  return request;
}

}  // namespace

Handled AdvanceHandler::handle(const Rules& rules, const Delivery& delivery, const alert::Signal& signal,
                               std::vector<Note>& notes) {
  const Target& target = *signal.target;
  Origin origin{delivery, rules.config_sha256, nullptr, nullptr};
  if (const auto decision = without_reading(signal, settings_, delivery)) {
    notes.push_back(recorder_.note(origin, signal, &target, nullptr, *decision));
    return {};
  }
  if (clock_.steady() >= delivery.deadline - least_time) {
    // Not a retry: the alert's next repeat is, and brings the others of its notification their turn.
    notes.push_back(recorder_.note(origin, signal, &target, nullptr,
                                   by_one_guard(Verdict::hold, Reason::gate_unknown, "no time was left to ask")));
    return {};
  }
  const auto outcome = promoter_.step({rules, origin, target, request_of(signal), {signal}});
  if (!outcome.acted) {
    auto note =
        recorder_.note(origin, signal, &target, outcome.rollout ? &*outcome.rollout : nullptr, outcome.decision);
    if (outcome.tried) add_trial(note.record, *outcome.tried, outcome.trial);
    notes.push_back(std::move(note));
    return {};
  }
  const bool retry = outcome.attempt.next == Attempt::Next::retry;
  recorder_.action(signal, target, retry ? Verdict::retry : Verdict::act, outcome.attempt.reason);
  return {retry, answer_line(outcome.attempt.reason, target.str())};
}

}  // namespace canaryd::engine
