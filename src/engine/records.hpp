#pragma once

#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/traffic/rollout.hpp"

// Audit records from the inside's types. Pure.
namespace canaryd::engine {

audit::AlertRef alert_ref(const alert::Signal& signal);
std::vector<audit::GuardAnswer> guard_answers(const std::vector<policy::Guard>& guards);
audit::TargetRef target_ref(const Target& target, const traffic::Rollout* rollout);
std::vector<audit::Change> changes_to_zero(const traffic::Rollout& rollout,
                                           const std::vector<traffic::Component>& components);

// One write to a service's percents: what it is called, what it changes, and the patch that does it.
struct Move {
  std::string action;   // "rollback", "advance", "promote", "restart"
  policy::Reason done;  // what it is called when it was applied
  std::vector<audit::Change> changes;
  std::string patch;
};
Move rollback_of(const traffic::Rollout& rollout, const std::vector<traffic::Component>& components);
Move step_of(const traffic::Rollout& rollout, const policy::Step& step);
Move restart_of(const traffic::Rollout& rollout, traffic::Component component, int first_stage);

// What all records about one request share.
struct Origin {
  const Delivery& delivery;
  const std::string& config_sha256;
  const policy::Policy* policy = nullptr;
  const std::string* policy_sha256 = nullptr;  // of `policy`
  std::string because = {};                    // by hand: the reason that the person gave
};
// Origin's policy: the first that matches, from the same rules as its configuration.
void find_policy(Origin& origin, const Rules& rules, const traffic::Rollout& rollout);

// A decision without an action. `rollout` is nullptr when the object was not read.
audit::Record decision_record(const std::string& id, const Origin& origin, const alert::Signal& signal,
                              const Target* target, const traffic::Rollout* rollout, const policy::Decision& decision);

// The same, that a person asked for.
audit::Record decision_record(const std::string& id, const Origin& origin, const std::string& action,
                              const Target* target, const traffic::Rollout* rollout, const policy::Decision& decision);
// What observe would have done, and what the API server said to it.
void add_trial(audit::Record& record, const Move& move, audit::ApiAnswer answer);

// The intent of a move that the alerts of `signals` ask for or, without any, a person.
audit::Record intent_record(const std::string& id, const Origin& origin, const std::vector<alert::Signal>& signals,
                            const traffic::Rollout& rollout, const policy::Decision& decision, const Move& move);

// A later record about an intent: who, what, why and the guards are the intent's, or its outcome's.
audit::Record follow_up(const audit::Record& earlier, audit::Kind kind, std::string reason, std::string message);

// The intent's outcome; `api.result` says which.
audit::Record outcome_record(const audit::Record& intent, policy::Reason reason, audit::ApiAnswer api);
// The same, found out later: by reading the object, or because a later patch with the same tests was applied.
audit::Record settlement_record(const audit::Record& intent, const std::string& result, const std::string& detail);

// One line for Alertmanager's log: "rolled_back ml/iris".
std::string answer_line(policy::Reason reason, const std::string& target);

}  // namespace canaryd::engine
