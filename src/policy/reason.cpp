#include "canaryd/policy/reason.hpp"

#include <array>

namespace canaryd::policy {

namespace {

constexpr std::array table{
    ReasonInfo{Reason::rolled_back, "rolled_back", Verdict::act, "The canary's traffic was set to 0."},
    ReasonInfo{Reason::advanced, "advanced", Verdict::act, "The canary was given the next stage's share."},
    ReasonInfo{Reason::promoted, "promoted", Verdict::act,
               "The percent was removed: the canary is the stable revision from now on."},
    ReasonInfo{Reason::restarted, "restarted", Verdict::act,
               "A new revision took the canary's place: its share was lowered to the first stage."},
    ReasonInfo{Reason::hold_set, "hold_set", Verdict::act, "A person placed a hold: nothing goes forward under it."},
    ReasonInfo{Reason::released, "released", Verdict::act,
               "A person took away the holds, quarantines and lowered marks of this scope."},
    ReasonInfo{Reason::stop_set, "stop_set", Verdict::act, "A person stopped canaryd: nothing is patched."},
    ReasonInfo{Reason::stop_lifted, "stop_lifted", Verdict::act, "A person lifted the stop."},
    ReasonInfo{Reason::already_rolled_back, "already_rolled_back", Verdict::noop,
               "The canary is at 0 and status.traffic shows it."},
    ReasonInfo{Reason::rollback_pending, "rollback_pending", Verdict::noop,
               "The canary is set to 0; status.traffic does not show it yet."},
    ReasonInfo{Reason::rollback_blocked, "rollback_blocked", Verdict::noop,
               "The canary is set to 0, but Knative moves no traffic while a target is not Ready."},
    ReasonInfo{Reason::rollback_impossible, "rollback_impossible", Verdict::hold,
               "The canary has all traffic and there is no earlier revision that is known to be able to take it."},
    ReasonInfo{Reason::rollback_off, "rollback_off", Verdict::refuse, "The policy switches rollback off."},
    ReasonInfo{Reason::no_canary, "no_canary", Verdict::refuse,
               "No canary is in flight: a patch would roll the stable revision back."},
    ReasonInfo{Reason::no_stable_revision, "no_stable_revision", Verdict::refuse,
               "Nothing was rolled out before: there is no revision to give the traffic to."},
    ReasonInfo{Reason::stale_revision, "stale_revision", Verdict::refuse,
               "The alert names a revision that is not the canary in flight."},
    ReasonInfo{Reason::stale_alert, "stale_alert", Verdict::hold,
               "The alert is not surely about this canary: it began too early, or is about another share."},
    ReasonInfo{Reason::resolved, "resolved", Verdict::noop, "The alert is resolved: nothing follows from that."},
    ReasonInfo{Reason::held, "held", Verdict::hold,
               "A person holds the service, or the alert is mapped to hold: nothing goes forward."},
    ReasonInfo{Reason::no_policy, "no_policy", Verdict::refuse, "No policy matches the service."},
    ReasonInfo{Reason::no_target, "no_target", Verdict::refuse,
               "Neither the alert's labels nor the webhook's URL name a service."},
    ReasonInfo{Reason::not_in_scope, "not_in_scope", Verdict::refuse,
               "The namespace is not among those that canaryd or this client may act on."},
    ReasonInfo{Reason::not_found, "not_found", Verdict::refuse, "The service does not exist, or is being deleted."},
    ReasonInfo{Reason::unsupported_mode, "unsupported_mode", Verdict::refuse,
               "The service is not in Knative mode, where canaryTrafficPercent has no effect."},
    ReasonInfo{Reason::canary_not_ready, "canary_not_ready", Verdict::hold,
               "The alert names a revision that is not ready and so has no traffic."},
    ReasonInfo{Reason::stopped, "stopped", Verdict::hold,
               "canaryd is stopped, by its stop file or by a person: nothing is patched."},
    ReasonInfo{Reason::promotion_off, "promotion_off", Verdict::refuse,
               "The policy does not ask for promotion: a person takes this canary forward."},
    ReasonInfo{Reason::not_last_stage, "not_last_stage", Verdict::refuse,
               "A promotion was asked for by hand, and the canary is not at 100."},
    ReasonInfo{Reason::observe_only, "observe_only", Verdict::hold,
               "The policy's mode is observe: what would be done was tried with dryRun=All and nothing was changed."},
    ReasonInfo{Reason::state_unknown, "state_unknown", Verdict::hold,
               "The ConfigMap with holds and quarantines cannot be read whole."},
    ReasonInfo{Reason::frozen, "frozen", Verdict::hold, "A freeze window is open: nothing goes forward in it."},
    ReasonInfo{Reason::breaker_open, "breaker_open", Verdict::hold,
               "Too many services were rolled back in a short time: a shared cause is likely."},
    ReasonInfo{Reason::quarantined, "quarantined", Verdict::hold,
               "This revision was rolled back: it goes forward again only after a release."},
    ReasonInfo{Reason::at_zero, "at_zero", Verdict::hold, "The canary is at 0: only a person gives it traffic again."},
    ReasonInfo{Reason::lowered_by_hand, "lowered_by_hand", Verdict::hold,
               "Another manager lowered the percent: nothing goes forward until a release."},
    ReasonInfo{Reason::newer_revision_pending, "newer_revision_pending", Verdict::hold,
               "A newer revision is created and not ready: it would inherit the share."},
    ReasonInfo{Reason::several_components, "several_components", Verdict::hold,
               "Several components have a canary: whose health the evidence shows is not known."},
    ReasonInfo{Reason::not_converged, "not_converged", Verdict::hold,
               "Status does not show the canary's share yet, or the route is not ready."},
    ReasonInfo{Reason::warming_up, "warming_up", Verdict::hold,
               "canaryd has just started: it does not know yet which bad alerts are firing."},
    ReasonInfo{Reason::bad_alert_active, "bad_alert_active", Verdict::hold,
               "An alert that asks for a rollback or a hold is pending or firing for the service."},
    ReasonInfo{Reason::dwell, "dwell", Verdict::hold, "The canary has not been at this share for long enough."},
    ReasonInfo{Reason::gate_failed, "gate_failed", Verdict::hold,
               "Asked at this moment, Prometheus shows a signal that does not pass."},
    ReasonInfo{Reason::gate_unknown, "gate_unknown", Verdict::hold,
               "Prometheus could not be asked, or does not know enough to say that the canary is healthy."},
    ReasonInfo{Reason::conflict, "conflict", Verdict::retry, "The object changed between the decision and the patch."},
    ReasonInfo{Reason::forbidden, "forbidden", Verdict::retry,
               "The API server does not let canaryd read or patch the service."},
    ReasonInfo{Reason::patch_rejected, "patch_rejected", Verdict::retry,
               "The API server refuses the patch although every precondition holds."},
    ReasonInfo{Reason::admission_changed, "admission_changed", Verdict::noop,
               "The object came back with changes beyond the traffic."},
    ReasonInfo{Reason::rehearsed, "rehearsed", Verdict::noop,
               "The rollback of a new canary was tried with dryRun=All and would be accepted."},
    ReasonInfo{Reason::truncated, "truncated", Verdict::hold,
               "Alertmanager cut the notification: not every alert of the group was seen."},
    ReasonInfo{Reason::outcome_unknown, "outcome_unknown", Verdict::retry,
               "The patch was sent and its answer did not come back whole."},
    ReasonInfo{Reason::cluster_unavailable, "cluster_unavailable", Verdict::retry, "The API server cannot be asked."},
    ReasonInfo{Reason::bypassed, "bypassed", Verdict::noop, "A new revision got all traffic without a stage between."},
    ReasonInfo{Reason::stable_reverted, "stable_reverted", Verdict::noop,
               "Another manager's percent moved the stable revision back to the one before it."},
    ReasonInfo{Reason::dark, "dark", Verdict::noop,
               "A newer revision became ready under canaryd's percent 0: it gets no traffic."},
    ReasonInfo{Reason::undone, "undone", Verdict::noop, "A revision that was rolled back got traffic again."},
    ReasonInfo{Reason::audit_unavailable, "audit_unavailable", Verdict::retry,
               "The audit log cannot be written: nothing is done that could not be shown."},
};

// The table is indexed by the enumeration.
constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order());
static_assert(table.size() == static_cast<std::size_t>(Reason::audit_unavailable) + 1);

}  // namespace

std::span<const ReasonInfo> all_reasons() { return table; }

const ReasonInfo& info_of(Reason reason) { return table.at(static_cast<std::size_t>(reason)); }

std::string_view name_of(Reason reason) { return info_of(reason).name; }

std::optional<Reason> find_reason(std::string_view name) {
  for (const auto& info : table) {
    if (info.name == name) return info.reason;
  }
  return std::nullopt;
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::act:
      return "act";
    case Verdict::noop:
      return "noop";
    case Verdict::hold:
      return "hold";
    case Verdict::refuse:
      return "refuse";
    case Verdict::retry:
      return "retry";
  }
  return "refuse";
}

}  // namespace canaryd::policy
