#include "receiver.hpp"

#include <set>
#include <string>
#include <utility>

#include "canaryd/base/text.hpp"
#include "own_decisions.hpp"
#include "records.hpp"
#include "scope.hpp"
#include "unix_seconds.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using policy::Verdict;

constexpr std::size_t longest_answer = 500;

bool is_firing(const alert::Signal& signal) { return signal.alert.status == alert::AlertStatus::firing; }

policy::Decision without_target(const alert::Signal& signal) {
  if (!is_firing(signal)) return by_one_guard(Verdict::noop, Reason::resolved, "");
  return by_one_guard(Verdict::refuse, Reason::no_target,
                      signal.problem.empty() ? "no label and no query parameter names the service" : signal.problem);
}

policy::Decision out_of_scope(const Target& target) {
  return by_one_guard(Verdict::refuse, Reason::not_in_scope, "namespace " + target.ns.str());
}

// What was not seen cannot be decided about; what was seen is.
Note truncated(Recorder& recorder, const Origin& origin, const std::string& group_key, std::int64_t missing) {
  alert::Signal nobody;
  nobody.action = alert::Action::hold;
  nobody.alert.fingerprint = "group " + escaped(group_key, 200);
  return recorder.note(origin, nobody, nullptr, nullptr,
                       by_one_guard(Verdict::hold, Reason::truncated,
                                    std::to_string(missing) + " alerts of the group are missing: set max_alerts: 0"));
}

// Each once, as far as they fit into one line.
Answer answer_of(const std::vector<Handled>& results) {
  Answer answer;
  std::set<std::string_view> said;
  for (const auto& result : results) {
    if (result.retry) answer.status = 503;
    if (result.text.empty() || answer.text.size() + result.text.size() > longest_answer) continue;
    if (said.insert(result.text).second) answer.text += (answer.text.empty() ? "" : "; ") + result.text;
  }
  if (answer.text.empty()) answer.text = "nothing to do";
  return answer;
}

}  // namespace

Receiver::Receiver(const Settings& settings, const CurrentRules& rules, Reader& reader, Recorder& recorder,
                   TargetHandler& rollbacks, AdvanceHandler& advances, AlertMemory& memory, const Clock& clock,
                   Metrics& metrics)
    : settings_(settings),
      rules_(rules),
      reader_(reader),
      recorder_(recorder),
      rollbacks_(rollbacks),
      advances_(advances),
      memory_(memory),
      clock_(clock),
      metrics_(metrics),
      reaction_seconds_(metrics.histogram("canaryd_reaction_seconds",
                                          "Time from a notification's arrival to its answer.", latency_buckets())),
      heartbeat_(metrics.gauge("canaryd_heartbeat_timestamp_seconds", "When the last heartbeat alert arrived.")) {}

Answer Receiver::receive(alert::Notification notification, const Delivery& delivery) {
  const auto began = clock_.steady();
  const auto rules = rules_.get();
  const Origin origin{delivery, rules->config_sha256, nullptr, nullptr};
  std::vector<Note> notes;
  auto asked = sorted(std::move(notification.alerts), *rules, origin, notes);
  if (notification.truncated_alerts > 0) {
    notes.push_back(truncated(recorder_, origin, notification.group_key, notification.truncated_alerts));
  }
  auto results = handle(asked, *rules, delivery, notes);
  // After the actions, which must not wait for it.
  for (auto& result : recorder_.write(std::move(notes))) results.push_back(std::move(result));

  auto answer = answer_of(results);
  metrics_.counter("canaryd_notifications_total", "Notifications answered.", {{"code", std::to_string(answer.status)}})
      .add();
  reaction_seconds_.observe(std::chrono::duration<double>(clock_.steady() - began).count());
  return answer;
}

void Receiver::decide_again(const Target& target, std::vector<alert::Signal> signals, const Delivery& delivery) {
  const auto rules = rules_.get();
  std::vector<Note> notes;
  // The configuration may have changed meanwhile: what is no rollback any more, or of another service, is given up.
  std::erase_if(signals, [&](alert::Signal& signal) {
    auto now = alert::classify(signal.alert, rules->alerts, delivery.url);
    const bool still = now.action == alert::Action::rollback && now.target == target;
    if (!still) rollbacks_.give_up(signal);
    signal = std::move(now);
    return !still;
  });
  if (signals.empty()) return;
  static_cast<void>(rollbacks_.handle(*rules, delivery, target, std::move(signals), notes));
  static_cast<void>(recorder_.write(std::move(notes)));
}

// The alerts that ask for something, by their target; those without one are decided about at once. Bad alerts are
// remembered before anything is decided: none of the same notification may be overlooked by a step forward.
Receiver::Asked Receiver::sorted(std::vector<alert::Alert> alerts, const Rules& rules, const Origin& origin,
                                 std::vector<Note>& notes) {
  Asked asked;
  for (auto& alert : alerts) {
    auto signal = alert::classify(std::move(alert), rules.alerts, origin.delivery.url);
    count(signal);
    if (signal.action == alert::Action::ignore) continue;
    // Before anything else: a client may not even make canaryd remember, or forget, what is not its own.
    if (signal.target && !in_scope(settings_, origin.delivery.namespaces, signal.target->ns)) {
      notes.push_back(recorder_.note(origin, signal, &*signal.target, nullptr, out_of_scope(*signal.target)));
      continue;
    }
    if (signal.action == alert::Action::rollback || signal.action == alert::Action::hold) memory_.note(signal);
    if (signal.action == alert::Action::heartbeat) {
      if (is_firing(signal)) heartbeat_.set(unix_seconds(clock_.now()));
    } else if (!signal.target) {
      notes.push_back(recorder_.note(origin, signal, nullptr, nullptr, without_target(signal)));
    } else if (signal.action == alert::Action::advance) {
      asked.advances.push_back(std::move(signal));
    } else {
      auto& signals = asked.by_target[*signal.target];
      signals.push_back(std::move(signal));
    }
  }
  return asked;
}

// Those with something to take away first: a slow API server must not spend the time on those without. Steps forward
// last: they ask Prometheus.
std::vector<Handled> Receiver::handle(Asked& asked, const Rules& rules, const Delivery& delivery,
                                      std::vector<Note>& notes) {
  std::set<Target> looks_exposed;
  for (const auto& [target, signals] : asked.by_target) {
    if (reader_.looks_exposed(target)) looks_exposed.insert(target);
  }
  std::vector<Handled> results;
  for (const bool exposed : {true, false}) {
    for (auto& [target, signals] : asked.by_target) {
      if (looks_exposed.contains(target) != exposed) continue;
      results.push_back(rollbacks_.handle(rules, delivery, target, std::move(signals), notes));
    }
  }
  for (const auto& signal : asked.advances) results.push_back(advances_.handle(rules, delivery, signal, notes));
  return results;
}

void Receiver::count(const alert::Signal& signal) {
  metrics_
      .counter("canaryd_alerts_total", "Alerts received.",
               {{"action", alert::name_of(signal.action)}, {"status", is_firing(signal) ? "firing" : "resolved"}})
      .add();
}

}  // namespace canaryd::engine
