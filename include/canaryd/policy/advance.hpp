#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/policy/gate.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::policy {

// What asks for a step forward: a firing alert that is mapped to `advance`, or a person.
struct AdvanceRequest {
  enum class Wish : std::uint8_t {
    step,    // one stage, and from the last one: the field removed
    promote  // by hand: only the end, the field removed from stage 100
  };
  Wish wish = Wish::step;
  bool by_hand = false;
  std::optional<Revision> revision;   // an alert must name it; a person may leave it out
  std::optional<int> percent;         // the share that the evidence is about; likewise
  std::optional<WallTime> starts_at;  // of the alert: it has one, not in the future
  std::vector<Reason> overrides;      // by hand: guards that are not to stop it
};

// A hold as a decision sees it.
struct HoldSeen {
  std::string scope;  // "ml/iris", "ml", "*"
  std::string who;
  std::string why;
};

// What the object itself does not say. A missing fact holds: nothing is guessed.
struct AdvanceFacts {
  WallTime now;
  bool stopped = false;
  bool state_known = false;  // canaryd-state was read whole, and is current
  bool warming_up = true;    // after a start: what bad alerts are firing is not known yet
  bool breaker_open = false;
  bool quarantined = false;      // this revision was rolled back
  bool lowered_by_hand = false;  // another manager lowered the percent, and nobody released it
  std::vector<HoldSeen> holds;
  std::vector<std::string> bad_alerts;       // names of mapped bad alerts that fire for the service, as delivered to us
  std::optional<WallTime> share_since;       // since when status.traffic shows this revision at this percent
  std::optional<WallTime> revision_created;  // of the Knative Revision
  std::optional<WallTime> revision_ready_since;
  std::optional<GateAnswer> gate;  // absent: not asked yet; the guard is then left out
};

// Decides about one step forward on one version of the object. Pure. All guards are asked and all answers are in the
// decision, in the table's order; the first that stops it gives verdict and reason. With Verdict::act `step` says what
// is to be done: at most one stage; with Reason::observe_only what would be.
Decision decide_advance(const AdvanceRequest& request, const traffic::Rollout& rollout, const Policy* policy,
                        const AdvanceFacts& facts);

// The canary that is asked about; nullptr when there is none such: decide_advance says why.
const traffic::ComponentRollout* advance_subject(const AdvanceRequest& request, const traffic::Rollout& rollout);

// When the dwell began: the newest of the percent's time, the Revision's creation and Ready transition, and the moment
// status showed the share. nullopt: one of them is not known, or in the future (by more than 5 s).
std::optional<WallTime> dwell_began(const traffic::ComponentRollout& component, const AdvanceFacts& facts);

// The stage after `percent`: the lowest that is higher, and 100 where none is. nullopt at 100: what follows is the
// promotion. Never more than one stage, whatever the policy lists.
std::optional<int> next_stage(const Promotion& promotion, int percent);

}  // namespace canaryd::policy
