#include "canaryd/engine/receiver.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "canaryd/base/random.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/engine/records.hpp"
#include "canaryd/traffic/decode.hpp"

namespace canaryd::engine {

namespace {

using policy::Decision;
using policy::Reason;
using policy::Verdict;

constexpr int most_attempts = 3;  // the first, and two that decide again on a fresh read
constexpr std::size_t longest_answer = 500;

Decision simple(Verdict verdict, Reason reason, std::string detail) {
  return {verdict, reason, {{reason, false, std::move(detail)}}, {}};
}

Reason reason_for_read(const Error& error) {
  const bool denied = error.kind == ErrorKind::forbidden || error.kind == ErrorKind::unauthenticated;
  return denied ? Reason::forbidden : Reason::cluster_unavailable;
}

// Whether a rollback patch made for `a` would pass its tests on `b`.
bool satisfies_same_tests(const traffic::Rollout& a, const traffic::Rollout& b) {
  return a.uid == b.uid && a.generation == b.generation &&
         std::equal(a.components.begin(), a.components.end(), b.components.begin(), b.components.end(),
                    [](const traffic::ComponentRollout& x, const traffic::ComponentRollout& y) {
                      return x.raw_percent == y.raw_percent && x.latest_ready == y.latest_ready &&
                             x.latest_rolledout == y.latest_rolledout && x.latest_created == y.latest_created &&
                             x.previous_rolledout == y.previous_rolledout;
                    });
}

bool is_firing(const alert::Signal& signal) { return signal.alert.status == alert::AlertStatus::firing; }

// An episode of an alert about a target, as one asks about it.
std::string episode_of(const alert::Signal& signal, const Target* target) {
  return (target == nullptr ? std::string("-") : target->str()) + " " + signal.alert.fingerprint + " " +
         to_rfc3339(signal.alert.starts_at) + (is_firing(signal) ? " firing" : " resolved");
}

}  // namespace

bool is_stopped(const Rules& rules) {
  if (rules.stop_file.empty()) return false;
  struct stat info{};
  return ::stat(rules.stop_file.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

// One target of one notification.
struct Receiver::Case {
  const Rules& rules;
  const Delivery& delivery;
  const Target& target;
  std::vector<alert::Signal> signals;  // firing, mapped to rollback
  Origin origin;
  std::optional<traffic::Rollout> refused;  // what the last patch was made for that the API server answered with 422
};

Receiver::Receiver(const Settings& settings, const CurrentRules& rules, audit::AuditLog& log, Reader& reader,
                   Actuator& actuator, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(settings),
      rules_(rules),
      log_(log),
      reader_(reader),
      actuator_(actuator),
      clock_(clock),
      logger_(logger),
      metrics_(metrics),
      reaction_seconds_(metrics.histogram("canaryd_reaction_seconds",
                                          "Time from a notification's arrival to its answer.", latency_buckets())),
      heartbeat_(metrics.gauge("canaryd_heartbeat_timestamp_seconds", "When the last heartbeat alert arrived.")),
      repeats_(metrics.counter("canaryd_repeated_decisions_total",
                               "Decisions that repeated the last one and were only counted.")) {}

Answer Receiver::receive(const alert::Notification& notification, const Delivery& delivery) {
  const auto began = clock_.steady();
  const auto rules = rules_.get();
  const Origin origin{delivery, rules->config_sha256, nullptr};
  std::vector<Handled> results;
  std::map<Target, std::vector<alert::Signal>> by_target;
  for (const auto& alert : notification.alerts) {
    auto signal = alert::classify(alert, rules->alerts, delivery.url);
    metrics_
        .counter("canaryd_alerts_total", "Alerts received.",
                 {{"action", alert::name_of(signal.action)}, {"status", is_firing(signal) ? "firing" : "resolved"}})
        .add();
    if (signal.action == alert::Action::ignore) continue;
    if (signal.action == alert::Action::heartbeat) {
      if (is_firing(signal)) heartbeat_.set(std::chrono::duration<double>(clock_.now().time_since_epoch()).count());
    } else if (!signal.target) {
      results.push_back(without_target(origin, signal));
    } else {
      by_target[*signal.target].push_back(std::move(signal));
    }
  }
  if (notification.truncated_alerts > 0) results.push_back(truncated(origin, notification));
  for (const auto& [target, signals] : by_target) results.push_back(for_target(*rules, delivery, target, signals));

  Answer answer;
  for (const auto& result : results) {
    if (result.retry) answer.status = 503;
    if (result.text.empty() || answer.text.size() + result.text.size() > longest_answer) continue;
    answer.text += (answer.text.empty() ? "" : "; ") + result.text;
  }
  if (answer.text.empty()) answer.text = "nothing to do";
  metrics_.counter("canaryd_notifications_total", "Notifications answered.", {{"code", std::to_string(answer.status)}})
      .add();
  reaction_seconds_.observe(std::chrono::duration<double>(clock_.steady() - began).count());
  return answer;
}

Receiver::Handled Receiver::without_target(const Origin& origin, const alert::Signal& signal) {
  if (!is_firing(signal)) return record(origin, signal, nullptr, nullptr, simple(Verdict::noop, Reason::resolved, ""));
  const std::string detail =
      signal.problem.empty() ? "no label and no query parameter names the service" : signal.problem;
  return record(origin, signal, nullptr, nullptr, simple(Verdict::refuse, Reason::no_target, detail));
}

// What was not seen cannot be decided about; what was seen is.
Receiver::Handled Receiver::truncated(const Origin& origin, const alert::Notification& notification) {
  alert::Signal nobody;
  nobody.action = alert::Action::hold;
  nobody.alert.fingerprint = "group " + notification.group_key;
  return record(
      origin, nobody, nullptr, nullptr,
      simple(Verdict::hold, Reason::truncated,
             std::to_string(notification.truncated_alerts) + " alerts of the group are missing: set max_alerts: 0"));
}

Receiver::Handled Receiver::for_target(const Rules& rules, const Delivery& delivery, const Target& target,
                                       const std::vector<alert::Signal>& signals) {
  const TargetLocks::Held lock(locks_, target, delivery.deadline);
  if (!lock) return {true, answer_line(Reason::cluster_unavailable, target.str()) + ": another request holds it"};

  Case item{rules, delivery, target, {}, {delivery, rules.config_sha256, nullptr}, std::nullopt};
  std::vector<Handled> results;
  for (const auto& signal : signals) {
    if (!in_scope(target, delivery)) {
      results.push_back(record(item.origin, signal, &target, nullptr,
                               simple(Verdict::refuse, Reason::not_in_scope, "namespace " + target.ns.str())));
    } else if (!is_firing(signal)) {
      results.push_back(record(item.origin, signal, &target, nullptr, simple(Verdict::noop, Reason::resolved, "")));
    } else if (signal.action == alert::Action::hold) {
      results.push_back(record(item.origin, signal, &target, nullptr, simple(Verdict::hold, Reason::held, "")));
    } else {
      item.signals.push_back(signal);
    }
  }
  if (!item.signals.empty()) results.push_back(decide_and_act(item));
  Handled all;
  for (const auto& result : results) {
    all.retry = all.retry || result.retry;
    if (all.text.find(result.text) == std::string::npos) all.text += (all.text.empty() ? "" : ", ") + result.text;
  }
  return all;
}

Receiver::Handled Receiver::decide_and_act(Case& item) {
  auto reading = reader_.copy_or_fresh(item.target, item.delivery.deadline);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (auto result = once(item, reading)) return *result;
    reading = reader_.fresh(item.target, item.delivery.deadline);
  }
  // 422 has two meanings (facts: a failed `test` reads like a schema violation): when the object is still what the
  // patch tests for, it is the other one.
  const bool still_as_tested = item.refused && reading && satisfies_same_tests(*item.refused, reading->rollout);
  return record_all(item, Verdict::retry, still_as_tested ? Reason::patch_rejected : Reason::conflict,
                    "refused at each of " + std::to_string(most_attempts) + " tries");
}

// One look at the object. nullopt: read it fresh and look again.
std::optional<Receiver::Handled> Receiver::once(Case& item, Result<Reading>& reading) {
  if (!reading) return not_read(item, reading.error());
  const traffic::Rollout& rollout = reading->rollout;
  item.origin.policy = policy::find_policy(item.rules.policies, item.target, rollout.labels);
  const bool unattributed =
      std::any_of(item.signals.begin(), item.signals.end(), [](const auto& signal) { return !signal.revision; });
  const auto circumstances =
      reader_.circumstances(rollout, unattributed, is_stopped(item.rules), item.delivery.deadline);

  std::vector<Decision> decisions;
  std::vector<alert::Signal> acting;
  Decision act;
  for (const auto& signal : item.signals) {
    auto decision = policy::decide_rollback(signal, rollout, item.origin.policy, circumstances);
    if (decision.verdict == Verdict::act) {
      acting.push_back(signal);
      if (act.components.size() < decision.components.size()) act = decision;
    }
    decisions.push_back(std::move(decision));
  }
  // To act on a copy is safe, the patch has its own tests. To let a bad signal pass needs a fresh look.
  if (acting.size() < item.signals.size() && !reader_.proven(*reading)) return std::nullopt;

  Handled result;
  if (!acting.empty()) {
    const Attempt attempt = actuator_.roll_back(item.origin, acting, *reading, act);
    if (attempt.next == Attempt::Next::decide_anew) {
      item.refused.reset();
      if (attempt.unprocessable) item.refused = rollout;
      return std::nullopt;
    }
    result.retry = attempt.next == Attempt::Next::retry;
    result.text = answer_line(attempt.reason, item.target.str());
    const auto verdict = result.retry ? Verdict::retry : Verdict::act;
    for (const auto& signal : acting) {
      // An intent whose outcome is open says nothing yet of what was answered: this does.
      if (attempt.reason == Reason::outcome_unknown) {
        record(item.origin, signal, &item.target, &rollout, simple(verdict, attempt.reason, "answered 503"));
      } else {
        count(signal, {verdict, attempt.reason, {}, {}});
      }
    }
  }
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i].verdict == Verdict::act) continue;
    const Handled one = record(item.origin, item.signals[i], &item.target, &rollout, decisions[i]);
    result.retry = result.retry || one.retry;
    if (result.text.find(one.text) == std::string::npos) result.text += (result.text.empty() ? "" : ", ") + one.text;
  }
  return result;
}

Receiver::Handled Receiver::not_read(Case& item, const Error& error) {
  if (error.kind == ErrorKind::not_found) {
    return record_all(item, Verdict::refuse, Reason::not_found, "the API server answered 404");
  }
  return record_all(item, Verdict::retry, reason_for_read(error), traffic::status_message(error.message));
}

Receiver::Handled Receiver::record_all(Case& item, Verdict verdict, Reason reason, const std::string& detail) {
  Handled all;
  for (const auto& signal : item.signals) {
    const Handled one = record(item.origin, signal, &item.target, nullptr, simple(verdict, reason, detail));
    all.retry = all.retry || one.retry;
    all.text = one.text;
  }
  return all;
}

Receiver::Handled Receiver::record(const Origin& origin, const alert::Signal& signal, const Target* target,
                                   const traffic::Rollout* rollout, const Decision& decision) {
  count(signal, decision);
  const std::string about = target == nullptr ? std::string("an alert without a service") : target->str();
  Handled result{decision.verdict == Verdict::retry, answer_line(decision.reason, about)};
  const std::string episode = episode_of(signal, target);
  const std::string outcome =
      std::string(name_of(decision.reason)) + " " + (decision.guards.empty() ? "" : decision.guards.back().detail);
  if (memory_.is_repeat(episode, outcome)) {
    repeats_.add();
    return result;
  }
  if (!log_.append(decision_record(random_id(), origin, signal, target, rollout, decision))) {
    return {true, answer_line(Reason::audit_unavailable, about)};
  }
  memory_.recorded(episode, outcome);
  logger_.info("decided", {{"service", about},
                           {"verdict", name_of(decision.verdict)},
                           {"reason", name_of(decision.reason)},
                           {"detail", decision.guards.empty() ? std::string() : decision.guards.back().detail}});
  return result;
}

bool Receiver::in_scope(const Target& target, const Delivery& delivery) const {
  const auto allows = [&](const std::vector<Namespace>& list) {
    return list.empty() || std::find(list.begin(), list.end(), target.ns) != list.end();
  };
  return allows(settings_.scopes) && allows(delivery.namespaces);
}

void Receiver::count(const alert::Signal& signal, const Decision& decision) {
  metrics_
      .counter("canaryd_decisions_total", "Decisions, by what the alert asked for and why it was decided so.",
               {{"action", alert::name_of(signal.action)},
                {"verdict", std::string(name_of(decision.verdict))},
                {"reason", std::string(name_of(decision.reason))}})
      .add();
}

}  // namespace canaryd::engine
