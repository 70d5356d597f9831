#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/policy/reason.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::policy {

// The answer of one guard; the guard bears the name of the reason it gives when it does not pass.
struct Guard {
  Reason reason;
  bool passed = true;
  std::string detail;       // what was seen, in words
  bool overridden = false;  // did not pass, and a person named it to be passed over
};

// What the object itself does not say. A missing fact holds: nothing is guessed.
struct Circumstances {
  WallTime now;
  bool stopped = false;             // by the stop file, or by a person
  bool breaker_stops = false;       // the breaker is open, and the configuration says that it stops rollbacks too
  bool breaker_overridden = false;  // and a person named it to be passed over
  // Since when a revision has had traffic, at the latest; only asked of unattributed alerts.
  std::map<Revision, WallTime> first_traffic;
  // Since when a revision has had 100 %, at the latest; only asked at stage 100.
  std::map<Revision, WallTime> full_since;
  // Knative's word on the previous revisions; only asked at stage 100.
  std::map<Revision, traffic::ConditionStatus> revision_ready;
};

// One step of one component's canary: from one share to another; without `to` the field is removed.
struct Step {
  traffic::Component component = traffic::Component::predictor;
  int from = 0;
  std::optional<int> to;
};

// What is to be done about one alert. With Verdict::act of a rollback `components` go to 0 in one patch; of an advance
// `step` is done; with Reason::observe_only they say what would be.
struct Decision {
  Verdict verdict = Verdict::refuse;
  Reason reason = Reason::no_policy;
  std::vector<Guard> guards;  // in the order in which they were asked
  std::vector<traffic::Component> components;
  std::optional<Step> step = std::nullopt;
};

// It acts, or it would in another mode than observe: then it is tried with dryRun=All.
bool would_act(const Decision& decision);

// Decides about one alert mapped to rollback, on one version of the object. Pure, and the heart of canaryd: the table
// of docs/reasons.md and facts about KServe stand behind each line. `policy` is nullptr when none matches. Only firing
// alerts whose target is `rollout` are to be asked about; resolved ones are answered too.
Decision decide_rollback(const alert::Signal& signal, const traffic::Rollout& rollout, const Policy* policy,
                         const Circumstances& circumstances);

// Facts that decide_rollback would want to know of Knative Revisions (they are read only where they matter): the
// previous revisions of components at stage 100.
std::vector<Revision> revisions_to_ask(const traffic::Rollout& rollout);

// A component in its last stage: the field is still there at 100, and KServe already counts the canary as rolled out.
bool in_last_stage(const traffic::ComponentRollout& component);
// A canary in flight, or in its last stage.
bool has_canary(const traffic::ComponentRollout& component);
// A canary that has or may get traffic: in flight above 0 (in spec or still in status), or in its last stage.
bool is_exposed(const traffic::ComponentRollout& component);

}  // namespace canaryd::policy
