#include "replay_decision.hpp"

#include <algorithm>

#include "canaryd/base/digest.hpp"
#include "replay_facts.hpp"
#include "replay_record.hpp"

namespace canaryd::app {

namespace {

using policy::Decision;
using policy::Reason;

std::string label(const alert::Alert& alert, const std::string& name) {
  const auto found = alert.labels.find(name);
  return found == alert.labels.end() ? std::string() : found->second;
}

std::string step_text(int from, std::optional<int> to) {
  return to ? std::to_string(from) + " -> " + std::to_string(*to) + " %" : std::string();
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

Judgement judgement_of(const std::string& action, const Decision& decision) {
  Judgement out{action, std::string(name_of(decision.verdict)), std::string(name_of(decision.reason)), {}, {}};
  if (decision.step) out.step = step_text(decision.step->from, decision.step->to);
  if (decision.components.size() > 1) {
    std::vector<std::string> names;
    names.reserve(decision.components.size());
    for (const auto component : decision.components) names.emplace_back(name_of(component));
    out.step = joined(names);
  }
  for (const auto& guard : decision.guards) {
    if (guard.reason == decision.reason && !guard.passed) out.detail = guard.detail;
  }
  return out;
}

Judgement judgement_of(const audit::Record& record) {
  Judgement out{record.action, record.verdict, record.reason, {}, {}};
  if (record.action == "rollback") {
    std::vector<std::string> names;
    names.reserve(record.changes.size());
    for (const auto& change : record.changes) names.push_back(change.component);
    if (names.size() > 1) out.step = joined(names);
  } else if (!record.changes.empty() && record.changes[0].percent_after >= 0) {
    out.step = step_text(record.changes[0].percent_before, record.changes[0].percent_after);
  }
  for (const auto& guard : record.guards) {
    if (guard.guard == record.reason && !guard.passed) out.detail = guard.detail;
  }
  return out;
}

Decision by_itself(Reason reason, const std::string& detail) {
  return {policy::info_of(reason).verdict, reason, {{reason, false, detail}}, {}};
}

bool is_firing(const alert::Signal& signal) { return signal.alert.status == alert::AlertStatus::firing; }

// The bad alerts of a notification, which hold a step forward of the same service: a rollback wins.
std::vector<std::string> bad_alerts_about(const std::vector<alert::Signal>& signals, const alert::Signal& about) {
  std::vector<std::string> names;
  for (const auto& signal : signals) {
    if (signal.action == alert::Action::rollback && is_firing(signal) && signal.target == about.target) {
      names.push_back(label(signal.alert, "alertname"));
    }
  }
  return names;
}

}  // namespace

std::string Judgement::text() const {
  std::string out = verdict.empty() ? reason : verdict + " " + reason;
  if (!step.empty()) out += " (" + step + ")";
  return out;
}

bool Judgement::same_as(const Judgement& other) const {
  return verdict == other.verdict && reason == other.reason && step == other.step;
}

std::vector<Replayed> Replay::decide(const PastDelivery& delivery) const {
  std::vector<alert::Signal> signals;
  signals.reserve(delivery.size());
  for (const auto& past : delivery) signals.push_back(alert::classify(past.alert, config_.alerts, past.url));
  std::vector<Replayed> out;
  for (std::size_t i = 0; i < delivery.size(); ++i) {
    const auto& past = delivery[i];
    const auto& signal = signals[i];
    Replayed row{past.where, past.at, {}, label(past.alert, "alertname"), std::nullopt, {}, {}, {}};
    if (signal.target) {
      row.service = signal.target->str();
    } else if (past.url.ns && past.url.name) {
      row.service = past.url.ns->str() + "/" + past.url.name->str();
    }
    if (past.record) row.then = judgement_of(*past.record);
    const auto answered = answer(past, signal, bad_alerts_about(signals, signal));
    row.now = answered.judgement;
    row.basis = answered.basis;
    row.note = answered.note;
    out.push_back(std::move(row));
  }
  return out;
}

Replay::Answer Replay::answer(const PastAlert& past, const alert::Signal& signal,
                              const std::vector<std::string>& bad_alerts) const {
  using alert::Action;
  const std::string action = alert::name_of(signal.action);
  const auto decided = [&](const Decision& decision) { return Answer{judgement_of(action, decision), {}, {}}; };
  if (past.record && past.record->reason == policy::name_of(Reason::truncated)) {
    return {judgement_of(*past.record), {}, "as then: alerts were cut off by Alertmanager"};
  }
  if (signal.action == Action::ignore) return {{action, "", "ignored", {}, {}}, {}, {}};
  if (signal.action == Action::heartbeat) return {{action, "", "heartbeat", {}, {}}, {}, {}};
  if (!signal.target && is_firing(signal)) return decided(by_itself(Reason::no_target, signal.problem));
  if (signal.target && !in_scope(past.actor, signal.target->ns)) {
    return decided(by_itself(Reason::not_in_scope, "namespace " + signal.target->ns.str()));
  }
  if (!is_firing(signal)) return decided(by_itself(Reason::resolved, ""));
  if (signal.action == Action::hold) return decided(by_itself(Reason::held, ""));

  std::vector<Answer> answers;
  std::string words;
  for (const auto* policy : candidates(past, *signal.target)) {
    answers.push_back(signal.action == Action::rollback ? rollback(past, signal, policy)
                                                        : advance(past, signal, policy, bad_alerts));
    words += (words.empty() ? "" : "; ") +
             std::string(policy == nullptr ? "without a policy" : "policy " + policy->name) + ": " +
             answers.back().judgement.text();
  }
  const bool agree = std::all_of(answers.begin(), answers.end(),
                                 [&](const Answer& other) { return other.judgement.same_as(answers[0].judgement); });
  if (agree) return answers[0];
  return {{action, "", "depends on labels", {}, words},
          Replayed::Basis::undecided,
          "the past does not know the labels of the service: " + words};
}

std::vector<const policy::Policy*> Replay::candidates(const PastAlert& past, const Target& target) const {
  std::vector<const policy::Policy*> out;
  for (const auto& policy : config_.policies) {
    if (policy::find_policy({policy}, target, policy.labels) == nullptr) continue;
    out.push_back(&policy);
    // The same policy, unchanged, is the one that matched then.
    const bool matched_then = past.record && past.record->policy_sha256 == sha256_hex(policy::canonical_text(policy));
    if (policy.labels.empty() || matched_then) return out;
  }
  out.push_back(nullptr);
  return out;
}

Replay::Answer Replay::rollback(const PastAlert& past, const alert::Signal& signal,
                                const policy::Policy* policy) const {
  const RollbackFacts facts(past, signal, policy, config_.breaker);
  const auto decision = policy::decide_rollback(signal, facts.rollout, policy, facts.circumstances);
  if (facts.cluster_said(decision)) return {judgement_of(*past.record), {}, "as then: it depends on the cluster"};
  const bool assumed = facts.assumes(decision);
  return {judgement_of("rollback", decision), assumed ? Replayed::Basis::assumed : Replayed::Basis::record,
          assumed ? "a healthy canary is assumed, and that canaryd was not stopped" : ""};
}

Replay::Answer Replay::advance(const PastAlert& past, const alert::Signal& signal, const policy::Policy* policy,
                               const std::vector<std::string>& bad_alerts) const {
  const AdvanceCase facts(past, signal, bad_alerts);
  const auto decision = policy::decide_advance(facts.request, facts.rollout, policy, facts.facts);
  if (facts.cluster_said(decision)) return {judgement_of(*past.record), {}, "as then: it depends on the cluster"};
  const auto assumption = facts.assumption(decision);
  return {judgement_of("advance", decision), assumption.empty() ? Replayed::Basis::record : Replayed::Basis::assumed,
          assumption};
}

// A client that is not known any more may act on all, like one that was never known.
bool Replay::in_scope(const std::string& actor, const Namespace& ns) const {
  const auto allows = [&](const std::vector<Namespace>& list) {
    return list.empty() || std::find(list.begin(), list.end(), ns) != list.end();
  };
  if (!allows(config_.cluster.namespaces)) return false;
  for (const auto& client : config_.server.tokens) {
    if (actor == "token:" + client.name) return allows(client.namespaces);
  }
  for (const auto& client : config_.server.certificates) {
    if (actor == "san:" + client.san) return allows(client.namespaces);
  }
  return true;
}

}  // namespace canaryd::app
