#include "commands.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/base/random.hpp"
#include "own_decisions.hpp"
#include "records.hpp"
#include "scope.hpp"

namespace canaryd::engine {

namespace {

using policy::Decision;
using policy::Reason;
using policy::Verdict;

constexpr int most_attempts = 3;  // of a rollback: the first, and two that decide again on a fresh read

Delivery delivery_of(const Command& command) {
  return {command.actor, command.peer, command.namespaces, {}, command.deadline};
}

// A person's word as an alert that begins now: the rollback is decided as every other.
alert::Signal signal_of(const Revision& revision, WallTime now) {
  alert::Signal signal;
  signal.action = alert::Action::rollback;
  signal.revision = revision;
  signal.alert.status = alert::AlertStatus::firing;
  signal.alert.starts_at = now;
  return signal;
}

// Those that a rollback without a named revision is about.
std::vector<Revision> canaries_of(const traffic::Rollout& rollout) {
  std::vector<Revision> out;
  for (const auto& c : rollout.components) {
    if (policy::is_exposed(c)) out.push_back(c.latest_ready);
  }
  if (out.empty() && !rollout.components.empty()) out.push_back(rollout.components.front().latest_ready);
  return out;
}

int status_of(Verdict verdict) {
  if (verdict == Verdict::retry) return 503;
  return verdict == Verdict::act || verdict == Verdict::noop ? 200 : 409;
}

// What stopped it, all of it: "dwell: at 5 % since ...".
std::string sentence_of(const Decision& decision) {
  std::string out(policy::info_of(decision.reason).meaning);
  for (const auto& guard : decision.guards) {
    if (guard.passed || guard.overridden) continue;
    out += " [" + std::string(name_of(guard.reason)) + (guard.detail.empty() ? "" : ": " + guard.detail) + "]";
  }
  return out;
}

// Of a rollback: who asks for it by hand is in no mood to look up how.
std::string way_on(const Decision& decision, Verb verb) {
  const bool may = verb == Verb::rollback && decision.reason == Reason::breaker_open;
  return may ? " To roll back all the same: --override breaker_open." : "";
}

}  // namespace

struct Commands::Work {
  const Command& command;
  const Rules& rules;
  Origin origin;
};

Commands::Commands(const Settings& settings, const CurrentRules& rules, audit::AuditLog& log, Reader& reader,
                   Actuator& actuator, const Promoter& promoter, TargetLocks& locks, const AdvanceFactFinder& facts,
                   StateCommands& state_commands, Recorder& recorder, const Clock& clock, Metrics& metrics)
    : settings_(settings),
      rules_(rules),
      log_(log),
      reader_(reader),
      actuator_(actuator),
      promoter_(promoter),
      locks_(locks),
      facts_(facts),
      recorder_(recorder),
      state_commands_(state_commands),
      clock_(clock),
      metrics_(metrics) {}

CommandAnswer Commands::execute(const Command& command) {
  const auto rules = rules_.get();
  const Delivery delivery = delivery_of(command);
  Work work{command, *rules, {delivery, rules->config_sha256, nullptr, nullptr, command.why}};
  const auto ns = command.target ? std::optional(command.target->ns) : command.ns;
  // Without a namespace it is about all of them: for a client that is bound to some that is too much.
  const bool allowed = ns ? in_scope(settings_, command.namespaces, *ns) : command.namespaces.empty();
  if (!allowed) {
    return answer(work,
                  by_one_guard(Verdict::refuse, Reason::not_in_scope,
                               ns ? "namespace " + ns->str() : std::string("all namespaces")),
                  nullptr);
  }
  switch (command.verb) {
    case Verb::rollback:
      return roll_back(work);
    case Verb::advance:
      return step(work, policy::AdvanceRequest::Wish::step);
    case Verb::promote:
      return step(work, policy::AdvanceRequest::Wish::promote);
    case Verb::hold:
    case Verb::release:
    case Verb::stop:
    case Verb::start:
      break;
  }
  return state_commands_.execute(command, work.origin);
}

CommandAnswer Commands::step(Work& work, policy::AdvanceRequest::Wish wish) {
  policy::AdvanceRequest request;
  request.wish = wish;
  request.by_hand = true;
  request.revision = work.command.revision;
  request.overrides = work.command.overrides;
  const auto outcome = promoter_.step({work.rules, work.origin, *work.command.target, request, {}});
  if (outcome.acted) {
    if (outcome.attempt.next == Attempt::Next::done) count_overrides(outcome.decision);
    const Move move = step_of(*outcome.rollout, *outcome.decision.step);
    return answer(work, outcome.attempt, &move);
  }
  return answer(work, outcome.decision, outcome.rollout ? &*outcome.rollout : nullptr,
                outcome.tried ? &*outcome.tried : nullptr, outcome.trial);
}

void Commands::count_overrides(const Decision& decision) {
  for (const auto& guard : decision.guards) {
    if (!guard.overridden) continue;
    metrics_
        .counter("canaryd_overrides_total", "Guards that a person passed over by name.",
                 {{"guard", std::string(name_of(guard.reason))}})
        .add();
  }
}

CommandAnswer Commands::roll_back(Work& work) {
  const Target& target = *work.command.target;
  const TargetLocks::Held lock(locks_, target, work.command.deadline);
  if (!lock) {
    return answer(work, by_one_guard(Verdict::retry, Reason::conflict, "another decision took too long"), nullptr);
  }
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (auto done = roll_back_once(work, reader_.fresh(target, work.command.deadline))) return *done;
  }
  return answer(work, by_one_guard(Verdict::retry, Reason::conflict, "refused at each try"), nullptr);
}

// nullopt: one of the patch's preconditions failed.
std::optional<CommandAnswer> Commands::roll_back_once(Work& work, const Result<Reading>& reading) {
  if (!reading) return answer(work, not_read(reading.error()), nullptr);
  const auto decision = decide_rollback(work, reading->rollout);
  if (!policy::would_act(decision)) return answer(work, decision, &reading->rollout);
  const Move move = rollback_of(reading->rollout, decision.components);
  if (decision.verdict != Verdict::act) {
    const auto trial = actuator_.try_out(move, *reading, work.command.deadline);
    return answer(work, decision, &reading->rollout, &move, trial);
  }
  const auto attempt = actuator_.carry_out(work.origin, {}, *reading, decision, move);
  if (attempt.next == Attempt::Next::decide_anew) return std::nullopt;
  if (attempt.next == Attempt::Next::done) count_overrides(decision);
  return answer(work, attempt, &move);
}

Decision Commands::decide_rollback(Work& work, const traffic::Rollout& rollout) {
  find_policy(work.origin, work.rules, rollout);
  std::optional<policy::Policy> policy;
  if (work.origin.policy != nullptr) {
    policy = *work.origin.policy;
    policy->rollback = true;  // `rollback: false` is about alerts: a person may
  }
  auto circumstances = reader_.circumstances(rollout, false, facts_.is_stopped(work.rules), work.command.deadline);
  circumstances.breaker_stops = work.rules.breaker.stops_rollbacks && facts_.is_breaker_open(work.rules);
  const auto& overrides = work.command.overrides;
  circumstances.breaker_overridden =
      std::find(overrides.begin(), overrides.end(), Reason::breaker_open) != overrides.end();
  const auto revisions = work.command.revision ? std::vector{*work.command.revision} : canaries_of(rollout);
  Decision all;
  for (const auto& revision : revisions) {
    auto one =
        policy::decide_rollback(signal_of(revision, clock_.now()), rollout, policy ? &*policy : nullptr, circumstances);
    if (all.components.empty()) {
      all = std::move(one);
      continue;
    }
    for (const auto component : one.components) {
      const bool known = std::find(all.components.begin(), all.components.end(), component) != all.components.end();
      if (!known) all.components.push_back(component);
    }
  }
  return all;
}

CommandAnswer Commands::answer(Work& work, const Attempt& attempt, const Move* move) {
  const bool retry = attempt.next == Attempt::Next::retry;
  const Verdict verdict = retry ? Verdict::retry : Verdict::act;
  recorder_.count(name_of(work.command.verb), verdict, attempt.reason);
  std::string message(policy::info_of(attempt.reason).meaning);
  if (!retry && move != nullptr && !move->changes.empty()) {
    const auto& change = move->changes.front();
    message += " " + work.command.target->str() + " " + change.canary + ": from " +
               std::to_string(change.percent_before) + " % to " +
               (change.percent_after < 0 ? std::string("all traffic") : std::to_string(change.percent_after) + " %") +
               ".";
  }
  return {status_of(verdict), std::string(name_of(verdict)), std::string(name_of(attempt.reason)), attempt.id,
          std::move(message)};
}

CommandAnswer Commands::answer(Work& work, const Decision& decision, const traffic::Rollout* rollout, const Move* tried,
                               const audit::ApiAnswer& trial) {
  const std::string action = name_of(work.command.verb);
  const std::string id = random_id();
  const Target* target = work.command.target ? &*work.command.target : nullptr;
  auto record = decision_record(id, work.origin, action, target, rollout, decision);
  if (tried != nullptr) add_trial(record, *tried, trial);
  recorder_.count(action, decision.verdict, decision.reason);
  if (!log_.append(record)) {
    return {503, "retry", "audit_unavailable", id, "The audit log cannot be written: nothing was done."};
  }
  return {status_of(decision.verdict), std::string(name_of(decision.verdict)), std::string(name_of(decision.reason)),
          id, sentence_of(decision) + way_on(decision, work.command.verb)};
}

}  // namespace canaryd::engine
