#include "canaryd/policy/guard_table.hpp"

#include <algorithm>
#include <array>

namespace canaryd::policy {

namespace {

constexpr bool stops = true;
constexpr bool never = false;
constexpr bool by_name = true;

// The columns: stops a rollback, an advance that an alert asks for, one that a person asks for; whether that person may
// override it.
constexpr std::array table{
    GuardRule{Reason::not_in_scope, stops, stops, stops, never,
              "the namespace is one that canaryd and the client may act on"},
    GuardRule{Reason::audit_unavailable, stops, stops, stops, never, "the audit log can be written"},
    GuardRule{Reason::no_policy, stops, stops, stops, never, "a policy matches the service"},
    GuardRule{Reason::stopped, stops, stops, stops, never, "nobody has stopped canaryd"},
    GuardRule{Reason::not_found, stops, stops, stops, never, "the service exists and is not being deleted"},
    GuardRule{Reason::unsupported_mode, stops, stops, stops, never, "the service is in Knative mode"},
    GuardRule{Reason::rollback_off, stops, never, never, never, "the policy allows rollbacks"},
    GuardRule{Reason::promotion_off, never, stops, never, never, "the policy asks for promotion"},
    GuardRule{Reason::no_stable_revision, stops, stops, stops, never, "a revision was rolled out before"},
    GuardRule{Reason::canary_not_ready, stops, stops, stops, never, "the revision that is named is ready"},
    GuardRule{Reason::no_canary, stops, stops, stops, never, "a canary is in flight"},
    GuardRule{Reason::stale_revision, stops, stops, stops, never, "the revision that is named is the canary in flight"},
    GuardRule{Reason::stale_alert, stops, stops, stops, never, "the evidence is about this canary at this share"},
    GuardRule{Reason::rollback_impossible, stops, never, never, never,
              "at 100, the previous revision is Ready and no newer one is pending"},
    GuardRule{Reason::not_last_stage, never, never, stops, never, "a promotion by hand is asked for at stage 100"},
    GuardRule{Reason::several_components, never, stops, stops, never, "one component alone has a canary in flight"},
    GuardRule{Reason::newer_revision_pending, never, stops, stops, never, "the newest revision is the canary"},
    GuardRule{Reason::not_converged, never, stops, stops, never,
              "status shows the canary at its share, and the route is ready"},
    GuardRule{Reason::state_unknown, never, stops, stops, never,
              "the ConfigMap with holds and quarantines was read whole"},
    GuardRule{Reason::held, never, stops, stops, by_name, "no hold covers the service"},
    GuardRule{Reason::frozen, never, stops, stops, by_name, "no freeze window is open"},
    GuardRule{Reason::breaker_open, never, stops, stops, by_name, "no more rollbacks than the breaker allows"},
    GuardRule{Reason::quarantined, never, stops, stops, by_name, "this revision was not rolled back"},
    GuardRule{Reason::at_zero, never, stops, never, never, "the canary has traffic"},
    GuardRule{Reason::lowered_by_hand, never, stops, stops, by_name, "nobody else lowered the percent"},
    GuardRule{Reason::warming_up, never, stops, stops, by_name,
              "canaryd has run long enough to know which alerts fire"},
    GuardRule{Reason::bad_alert_active, never, stops, stops, never,
              "no alert that asks for a rollback or a hold is pending or firing"},
    GuardRule{Reason::dwell, never, stops, stops, by_name, "the canary has been at this share for the dwell"},
    GuardRule{Reason::gate_unknown, never, stops, stops, by_name, "Prometheus answers every question of the gate"},
    GuardRule{Reason::gate_failed, never, stops, stops, by_name, "every signal of the gate is within its limit"},
    GuardRule{Reason::observe_only, stops, stops, stops, never, "the policy's mode is enforce"},
};

}  // namespace

std::span<const GuardRule> guard_table() { return table; }

bool may_override(Reason reason) {
  return std::any_of(table.begin(), table.end(), [&](const auto& r) { return r.reason == reason && r.may_override; });
}

}  // namespace canaryd::policy
