#include "receiver.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "canaryd/base/digest.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "records.hpp"

namespace canaryd::engine {

namespace {

using policy::Decision;
using policy::Reason;
using policy::Verdict;

constexpr int most_attempts = 3;  // the first, and two that decide again on a fresh read
constexpr std::size_t longest_answer = 500;
constexpr auto least_time_for_a_target = std::chrono::seconds(2);

Decision simple(Verdict verdict, Reason reason, std::string detail) {
  return {verdict, reason, {{reason, false, std::move(detail)}}, {}};
}

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

Reason reason_for_read(const Error& error) {
  const bool denied = error.kind == ErrorKind::forbidden || error.kind == ErrorKind::unauthenticated;
  return denied ? Reason::forbidden : Reason::cluster_unavailable;
}

// Not begun in time: Alertmanager sends it again.
Handled late(const Target& target) {
  return {true, answer_line(Reason::cluster_unavailable, target.str()) + ": out of time"};
}

bool is_firing(const alert::Signal& signal) { return signal.alert.status == alert::AlertStatus::firing; }

}  // namespace

void CurrentRules::set(Rules rules) {
  rules.policy_sha256.clear();
  for (const auto& policy : rules.policies) rules.policy_sha256.push_back(sha256_hex(policy::canonical_text(policy)));
  auto fresh = std::make_shared<const Rules>(std::move(rules));
  const std::lock_guard lock(mutex_);
  rules_.swap(fresh);
}

bool is_stopped(const Rules& rules) {
  if (rules.stop_file.empty()) return false;
  struct stat info{};
  return ::lstat(rules.stop_file.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

// One target of one notification.
struct Receiver::Case {
  const Rules& rules;
  const Delivery& delivery;
  const Target& target;
  std::vector<alert::Signal> signals;  // firing, mapped to rollback
  Origin origin;
  std::optional<TargetLocks::Held> lock;  // given back as soon as all is decided: records wait for the disk without it
  std::optional<traffic::Rollout> refused;  // what the last patch was made for that the API server answered with 422
};

Receiver::Receiver(const Settings& settings, const CurrentRules& rules, audit::AuditLog& log, Reader& reader,
                   Actuator& actuator, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(settings),
      rules_(rules),
      reader_(reader),
      actuator_(actuator),
      clock_(clock),
      metrics_(metrics),
      recorder_(log, logger, metrics),
      reaction_seconds_(metrics.histogram("canaryd_reaction_seconds",
                                          "Time from a notification's arrival to its answer.", latency_buckets())),
      heartbeat_(metrics.gauge("canaryd_heartbeat_timestamp_seconds", "When the last heartbeat alert arrived.")) {}

Answer Receiver::receive(const alert::Notification& notification, const Delivery& delivery) {
  const auto began = clock_.steady();
  const auto rules = rules_.get();
  const Origin origin{delivery, rules->config_sha256, nullptr, nullptr};
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
  std::set<Target> looks_exposed;
  for (const auto& [target, signals] : by_target) {
    if (reader_.looks_exposed(target)) looks_exposed.insert(target);
  }
  if (notification.truncated_alerts > 0) results.push_back(truncated(origin, notification));
  // Those with something to take away first: a slow API server must not spend the time on those without.
  for (const bool exposed : {true, false}) {
    for (auto& [target, signals] : by_target) {
      if (looks_exposed.contains(target) != exposed) continue;
      results.push_back(for_target(*rules, delivery, target, std::move(signals)));
    }
  }

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

Handled Receiver::without_target(const Origin& origin, const alert::Signal& signal) {
  if (!is_firing(signal))
    return recorder_.decision(origin, signal, nullptr, nullptr, simple(Verdict::noop, Reason::resolved, ""));
  const std::string detail =
      signal.problem.empty() ? "no label and no query parameter names the service" : signal.problem;
  return recorder_.decision(origin, signal, nullptr, nullptr, simple(Verdict::refuse, Reason::no_target, detail));
}

// What was not seen cannot be decided about; what was seen is.
Handled Receiver::truncated(const Origin& origin, const alert::Notification& notification) {
  alert::Signal nobody;
  nobody.action = alert::Action::hold;
  nobody.alert.fingerprint = "group " + escaped(notification.group_key, 200);
  return recorder_.decision(
      origin, nobody, nullptr, nullptr,
      simple(Verdict::hold, Reason::truncated,
             std::to_string(notification.truncated_alerts) + " alerts of the group are missing: set max_alerts: 0"));
}

Handled Receiver::for_target(const Rules& rules, const Delivery& delivery, const Target& target,
                             std::vector<alert::Signal> signals) {
  if (is_late(delivery)) return late(target);
  Case item{rules, delivery, target, {}, {delivery, rules.config_sha256, nullptr, nullptr}, std::nullopt, std::nullopt};
  Handled all;
  for (auto& signal : signals) {
    if (const auto decision = without_reading(signal, target, delivery)) {
      all.add(recorder_.decision(item.origin, signal, &target, nullptr, *decision));
    } else {
      item.signals.push_back(std::move(signal));
    }
  }
  if (!item.signals.empty()) all.add(decide_and_act(item));
  return all;
}

// A notification about many services and a slow API server: what is not begun in time is asked for again.
bool Receiver::is_late(const Delivery& delivery) const {
  return clock_.steady() >= delivery.deadline - least_time_for_a_target;
}

// What needs no look at the object. nullopt: a firing alert that asks for a rollback in scope.
std::optional<Decision> Receiver::without_reading(const alert::Signal& signal, const Target& target,
                                                  const Delivery& delivery) const {
  if (!in_scope(target, delivery)) return simple(Verdict::refuse, Reason::not_in_scope, "namespace " + target.ns.str());
  if (!is_firing(signal)) return simple(Verdict::noop, Reason::resolved, "");
  if (signal.action == alert::Action::hold) return simple(Verdict::hold, Reason::held, "");
  return std::nullopt;
}

Handled Receiver::decide_and_act(Case& item) {
  item.lock.emplace(locks_, item.target, item.delivery.deadline);
  if (!*item.lock || is_late(item.delivery)) return late(item.target);

  auto reading = reader_.copy_or_fresh(item.target, item.delivery.deadline);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (auto result = once(item, reading)) return *result;
    reading = reader_.fresh(item.target, item.delivery.deadline);
  }
  // 422 has two meanings (facts: a failed `test` reads like a schema violation): when the object is still what the
  // patch tests for, it is the other one.
  const bool still_as_tested = item.refused && reading && traffic::passes_same_tests(*item.refused, reading->rollout);
  return record_all(item, Verdict::retry, still_as_tested ? Reason::patch_rejected : Reason::conflict,
                    "refused at each of " + std::to_string(most_attempts) + " tries");
}

// What is decided about each alert of the case, on one version of the object.
Receiver::Judged Receiver::judge(Case& item, const traffic::Rollout& rollout) {
  const auto& policies = item.rules.policies;
  item.origin.policy = policy::find_policy(policies, item.target, rollout.labels);
  item.origin.policy_sha256 =
      item.origin.policy == nullptr
          ? nullptr
          : &item.rules.policy_sha256[static_cast<std::size_t>(item.origin.policy - &policies[0])];
  const bool unattributed =
      std::any_of(item.signals.begin(), item.signals.end(), [](const auto& signal) { return !signal.revision; });
  const auto circumstances =
      reader_.circumstances(rollout, unattributed, is_stopped(item.rules), item.delivery.deadline);
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
std::optional<Handled> Receiver::once(Case& item, const Result<Reading>& reading) {
  if (!reading) return not_read(item, reading.error());
  const Judged judged = judge(item, reading->rollout);
  // To act on a copy is safe, the patch has its own tests. To let a bad signal pass needs a fresh look.
  if (judged.acting.empty() && !reader_.proven(*reading)) return std::nullopt;

  Handled handled;
  if (!judged.acting.empty()) {
    const auto acted = act(item, *reading, judged);
    if (!acted) return std::nullopt;
    handled.add(*acted);
  }
  item.lock.reset();
  for (const auto& [signal, decision] : judged.passive) {
    handled.add(recorder_.decision(item.origin, *signal, &item.target, &reading->rollout, decision));
  }
  return handled;
}

// One patch for all alerts that ask for it. nullopt: one of its preconditions failed.
std::optional<Handled> Receiver::act(Case& item, const Reading& reading, const Judged& judged) {
  const Attempt attempt = actuator_.roll_back(item.origin, judged.acting, reading, judged.act);
  if (attempt.next == Attempt::Next::decide_anew) {
    item.refused.reset();
    if (attempt.unprocessable) item.refused = reading.rollout;
    return std::nullopt;
  }
  const bool retry = attempt.next == Attempt::Next::retry;
  for (const auto& signal : judged.acting) {
    // An intent whose outcome is open says nothing yet of what was answered: this does.
    if (attempt.reason == Reason::outcome_unknown) {
      recorder_.decision(item.origin, signal, &item.target, &reading.rollout,
                         simple(Verdict::retry, attempt.reason, "answered 503"));
    } else {
      recorder_.action(signal, item.target, retry ? Verdict::retry : Verdict::act, attempt.reason);
    }
  }
  return Handled{retry, answer_line(attempt.reason, item.target.str())};
}

Handled Receiver::not_read(Case& item, const Error& error) {
  if (error.kind == ErrorKind::not_found) {
    return record_all(item, Verdict::refuse, Reason::not_found, "the API server answered 404");
  }
  return record_all(item, Verdict::retry, reason_for_read(error), traffic::status_message(error.message));
}

Handled Receiver::record_all(Case& item, Verdict verdict, Reason reason, const std::string& detail) {
  item.lock.reset();
  Handled all;
  for (const auto& signal : item.signals) {
    all.add(recorder_.decision(item.origin, signal, &item.target, nullptr, simple(verdict, reason, detail)));
  }
  return all;
}

bool Receiver::in_scope(const Target& target, const Delivery& delivery) const {
  const auto allows = [&](const std::vector<Namespace>& list) {
    return list.empty() || std::find(list.begin(), list.end(), target.ns) != list.end();
  };
  return allows(settings_.scopes) && allows(delivery.namespaces);
}

}  // namespace canaryd::engine
