#include "records.hpp"

#include "canaryd/audit/redaction.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/traffic/patch.hpp"

namespace canaryd::engine {

namespace {

std::string label(const alert::Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

// For sentences, which nobody searches for secrets after this.
std::string alert_name(const alert::Signal& signal) {
  const std::string name = audit::without_secrets(label(signal.alert.labels, "alertname"));
  return name.empty() ? "an unnamed alert" : name;
}

std::string names_of(const std::vector<alert::Signal>& signals) {
  std::string out;
  for (const auto& signal : signals) {
    const std::string name = alert_name(signal);
    if (out.find(name) == std::string::npos) out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

std::string share_words(int percent) {
  return percent < 0 ? std::string("no percent (all traffic)") : std::to_string(percent) + " %";
}

std::string change_words(const audit::Change& change) {
  return change.component + " revision " + change.canary + " from " + share_words(change.percent_before) + " to " +
         share_words(change.percent_after);
}

// A move in words, by its name in records: what it is about to do, and has done.
struct MoveWords {
  std::string_view action;
  std::string_view will;
  std::string_view did;
};
constexpr MoveWords move_words[] = {{"rollback", "roll back", "Rolled back"},
                                    {"advance", "advance", "Advanced"},
                                    {"promote", "promote", "Promoted"},
                                    {"restart", "take back to the first stage", "Took back to the first stage"}};

const MoveWords& words_of(const std::string& action) {
  for (const auto& words : move_words) {
    if (words.action == action) return words;
  }
  return move_words[0];
}

std::string changes_words(const std::vector<audit::Change>& changes) {
  std::string out;
  for (const auto& change : changes) out += (out.empty() ? "" : ", ") + change_words(change);
  return out;
}

std::string outcome_words(const audit::Record& intent, const audit::ApiAnswer& api) {
  const std::string what = intent.target->ns + "/" + intent.target->name + ": " + changes_words(intent.changes);
  if (api.result == "applied") return std::string(words_of(intent.action).did) + " " + what + ".";
  if (api.result == "not_sent") return "The patch was not sent: its deadline had passed; " + what + ".";
  if (api.result == "not_applied") return "The API server did not apply the patch; " + what + ".";
  return "Whether the patch was applied is not known; " + what + ".";
}

std::string cause_words(const Origin& origin, const std::vector<alert::Signal>& signals) {
  if (!signals.empty()) return "because of " + names_of(signals);
  return "asked for by " + origin.delivery.actor + ": " + origin.because;
}

void add_origin(audit::Record& record, const Origin& origin) {
  record.actor = origin.delivery.actor;
  record.peer = origin.delivery.peer;
  record.because = origin.because;
  record.config_sha256 = origin.config_sha256;
  if (origin.policy_sha256 != nullptr) record.policy_sha256 = *origin.policy_sha256;
}

}  // namespace

audit::AlertRef alert_ref(const alert::Signal& signal) {
  audit::AlertRef ref;
  ref.name = label(signal.alert.labels, "alertname");
  ref.status = signal.alert.status == alert::AlertStatus::firing ? "firing" : "resolved";
  ref.fingerprint = signal.alert.fingerprint;
  ref.starts_at = to_rfc3339(signal.alert.starts_at);
  ref.value = label(signal.alert.annotations, "value");
  ref.labels.assign(signal.alert.labels.begin(), signal.alert.labels.end());
  return ref;
}

std::vector<audit::GuardAnswer> guard_answers(const std::vector<policy::Guard>& guards) {
  std::vector<audit::GuardAnswer> out;
  out.reserve(guards.size());
  for (const auto& guard : guards) {
    out.push_back({std::string(name_of(guard.reason)), guard.passed, guard.detail, guard.overridden});
  }
  return out;
}

audit::TargetRef target_ref(const Target& target, const traffic::Rollout* rollout) {
  return {target.ns.str(), target.name.str(), rollout == nullptr ? std::string() : rollout->uid.str()};
}

std::vector<audit::Change> changes_to_zero(const traffic::Rollout& rollout,
                                           const std::vector<traffic::Component>& components) {
  std::vector<audit::Change> out;
  for (const auto kind : components) {
    const auto* c = rollout.find(kind);
    if (c == nullptr) continue;
    const Revision& stable = policy::in_last_stage(*c) ? c->previous_rolledout : c->latest_rolledout;
    out.push_back(
        {name_of(kind), c->latest_ready.str(), stable.str(), static_cast<int>(c->raw_percent.value_or(-1)), 0});
  }
  return out;
}

Move rollback_of(const traffic::Rollout& rollout, const std::vector<traffic::Component>& components) {
  return {"rollback", policy::Reason::rolled_back, changes_to_zero(rollout, components),
          traffic::rollback_patch(rollout, components)};
}

Move step_of(const traffic::Rollout& rollout, const policy::Step& step) {
  auto changes = changes_to_zero(rollout, {step.component});
  for (auto& change : changes) change.percent_after = step.to.value_or(-1);
  return {step.to ? "advance" : "promote", step.to ? policy::Reason::advanced : policy::Reason::promoted,
          std::move(changes), traffic::step_patch(rollout, step.component, step.to)};
}

Move restart_of(const traffic::Rollout& rollout, traffic::Component component, int first_stage) {
  auto move = step_of(rollout, {component, 0, first_stage});
  move.action = "restart";
  move.done = policy::Reason::restarted;
  return move;
}

void find_policy(Origin& origin, const Rules& rules, const traffic::Rollout& rollout) {
  origin.policy = policy::find_policy(rules.policies, rollout.target, rollout.labels);
  origin.policy_sha256 = origin.policy == nullptr
                             ? nullptr
                             : &rules.policy_sha256[static_cast<std::size_t>(origin.policy - &rules.policies[0])];
}

audit::Record decision_record(const std::string& id, const Origin& origin, const alert::Signal& signal,
                              const Target* target, const traffic::Rollout* rollout, const policy::Decision& decision) {
  auto record = decision_record(id, origin, alert::name_of(signal.action), target, rollout, decision);
  record.alerts = {alert_ref(signal)};
  record.message = alert_name(signal) + (target == nullptr ? std::string() : " about " + target->str()) + ": " +
                   std::string(policy::info_of(decision.reason).meaning);
  return record;
}

audit::Record decision_record(const std::string& id, const Origin& origin, const std::string& action,
                              const Target* target, const traffic::Rollout* rollout, const policy::Decision& decision) {
  audit::Record record;
  record.kind = audit::Kind::decision;
  record.id = id;
  if (target != nullptr) record.target = target_ref(*target, rollout);
  record.action = action;
  record.verdict = name_of(decision.verdict);
  record.reason = name_of(decision.reason);
  record.guards = guard_answers(decision.guards);
  if (rollout != nullptr) record.generation = rollout->generation;
  add_origin(record, origin);
  record.message = action + (target == nullptr ? std::string() : " of " + target->str()) + ": " +
                   std::string(policy::info_of(decision.reason).meaning);
  return record;
}

void add_trial(audit::Record& record, const Move& move, audit::ApiAnswer answer) {
  record.changes = move.changes;
  record.patch = move.patch;
  record.api = std::move(answer);
}

audit::Record intent_record(const std::string& id, const Origin& origin, const std::vector<alert::Signal>& signals,
                            const traffic::Rollout& rollout, const policy::Decision& decision, const Move& move) {
  audit::Record record;
  record.kind = audit::Kind::intent;
  record.id = id;
  record.target = target_ref(rollout.target, &rollout);
  for (const auto& signal : signals) record.alerts.push_back(alert_ref(signal));
  record.action = move.action;
  record.verdict = name_of(decision.verdict);
  record.reason = name_of(move.done);
  record.guards = guard_answers(decision.guards);
  record.changes = move.changes;
  record.generation = rollout.generation;
  record.patch = move.patch;
  add_origin(record, origin);
  record.message = "About to " + std::string(words_of(move.action).will) + " " + rollout.target.str() + ": " +
                   changes_words(record.changes) + ", " + cause_words(origin, signals) + ".";
  return record;
}

audit::Record follow_up(const audit::Record& earlier, audit::Kind kind, std::string reason, std::string message) {
  audit::Record record = earlier;
  record.kind = kind;
  record.reason = std::move(reason);
  record.message = std::move(message);
  record.patch.clear();
  record.api.reset();
  record.details.clear();
  return record;
}

audit::Record outcome_record(const audit::Record& intent, policy::Reason reason, audit::ApiAnswer api) {
  auto record = follow_up(intent, audit::Kind::outcome, std::string(name_of(reason)), outcome_words(intent, api));
  record.verdict = name_of(policy::info_of(reason).verdict);
  record.api = std::move(api);
  return record;
}

audit::Record settlement_record(const audit::Record& intent, const std::string& result, const std::string& detail) {
  audit::ApiAnswer answer;
  answer.result = result;
  answer.detail = detail;
  const bool applied = result == "applied";
  auto record = outcome_record(intent, policy::Reason::outcome_unknown, answer);
  if (applied) {
    record.verdict = intent.verdict;
    record.reason = intent.reason;  // an intent bears the name of what it is about to do
  }
  record.message = "Settled later, " + detail + ". " + record.message;
  return record;
}

std::string answer_line(policy::Reason reason, const std::string& target) {
  return std::string(name_of(reason)) + " " + target;
}

}  // namespace canaryd::engine
