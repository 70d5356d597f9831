#include "canaryd/policy/reason.hpp"

#include <array>

namespace canaryd::policy {

namespace {

constexpr std::array table{
    ReasonInfo{Reason::rolled_back, "rolled_back", Verdict::act, "The canary's traffic was set to 0."},
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
               "The alert began too early to be surely about this canary."},
    ReasonInfo{Reason::resolved, "resolved", Verdict::noop, "The alert is resolved: nothing follows from that."},
    ReasonInfo{Reason::held, "held", Verdict::hold,
               "The alert is mapped to hold: it is recorded and nothing is changed."},
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
    ReasonInfo{Reason::stopped, "stopped", Verdict::hold, "The stop file exists: nothing is patched."},
    ReasonInfo{Reason::conflict, "conflict", Verdict::retry, "The object changed at each try."},
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

std::string_view name_of(Reason reason) { return table.at(static_cast<std::size_t>(reason)).name; }

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
