#include "recorder.hpp"

#include "canaryd/base/random.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::engine {

namespace {

// An episode of an alert (the fingerprint repeats across episodes) about a target, as it stands.
std::string episode_of(const alert::Signal& signal, const Target* target) {
  const bool firing = signal.alert.status == alert::AlertStatus::firing;
  return (target == nullptr ? std::string("-") : target->str()) + " " + signal.alert.fingerprint + " " +
         to_rfc3339(signal.alert.starts_at) + (firing ? " firing" : " resolved");
}

std::string last_detail(const policy::Decision& decision) {
  return decision.guards.empty() ? std::string() : decision.guards.back().detail;
}

}  // namespace

void Handled::add(const Handled& other) {
  retry = retry || other.retry;
  if (text.find(other.text) == std::string::npos) text += (text.empty() ? "" : ", ") + other.text;
}

Recorder::Recorder(audit::AuditLog& log, Logger& logger, Metrics& metrics)
    : log_(log),
      logger_(logger),
      metrics_(metrics),
      repeats_(metrics.counter("canaryd_repeated_decisions_total",
                               "Decisions that repeated the last one and were only counted.")) {}

Handled Recorder::decision(const Origin& origin, const alert::Signal& signal, const Target* target,
                           const traffic::Rollout* rollout, const policy::Decision& decision) {
  count(signal, decision.verdict, decision.reason);
  const std::string about = target == nullptr ? std::string("an alert without a service") : target->str();
  Handled handled{decision.verdict == policy::Verdict::retry, answer_line(decision.reason, about)};
  DecisionMemory::Turn turn(memory_, episode_of(signal, target),
                            std::string(name_of(decision.reason)) + " " + last_detail(decision));
  if (turn.is_repeat()) {
    repeats_.add();
    return handled;
  }
  if (!log_.append(decision_record(random_id(), origin, signal, target, rollout, decision))) {
    return {true, answer_line(policy::Reason::audit_unavailable, about)};
  }
  turn.recorded();
  logger_.info("decided", {{"service", about},
                           {"verdict", name_of(decision.verdict)},
                           {"reason", name_of(decision.reason)},
                           {"detail", last_detail(decision)}});
  return handled;
}

void Recorder::action(const alert::Signal& signal, const Target& target, policy::Verdict verdict,
                      policy::Reason reason) {
  count(signal, verdict, reason);
  memory_.forget(episode_of(signal, &target));
}

void Recorder::count(const alert::Signal& signal, policy::Verdict verdict, policy::Reason reason) {
  metrics_
      .counter("canaryd_decisions_total", "Decisions, by what the alert asked for and why it was decided so.",
               {{"action", alert::name_of(signal.action)},
                {"verdict", std::string(name_of(verdict))},
                {"reason", std::string(name_of(reason))}})
      .add();
}

}  // namespace canaryd::engine
