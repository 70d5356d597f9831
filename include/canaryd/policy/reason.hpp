#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace canaryd::policy {

// What is done about one alert. `hold`: not now; `refuse`: never for this alert; both are answered 200 and recorded.
// `retry` is answered 503: Alertmanager sends again.
enum class Verdict : std::uint8_t { act, noop, hold, refuse, retry };
std::string_view name_of(Verdict verdict);

// Why. The names are stable: records, metrics and docs/reasons.md carry them.
enum class Reason : std::uint8_t {
  rolled_back,
  advanced,
  promoted,
  restarted,
  hold_set,
  released,
  stop_set,
  stop_lifted,
  already_rolled_back,
  rollback_pending,
  rollback_blocked,
  rollback_impossible,
  rollback_off,
  no_canary,
  no_stable_revision,
  stale_revision,
  stale_alert,
  resolved,
  held,
  no_policy,
  no_target,
  not_in_scope,
  not_found,
  unsupported_mode,
  canary_not_ready,
  stopped,
  promotion_off,
  not_last_stage,
  observe_only,
  state_unknown,
  frozen,
  breaker_open,
  quarantined,
  at_zero,
  lowered_by_hand,
  newer_revision_pending,
  several_components,
  not_converged,
  warming_up,
  bad_alert_active,
  dwell,
  gate_failed,
  gate_unknown,
  conflict,
  forbidden,
  patch_rejected,
  admission_changed,
  rehearsed,
  truncated,
  outcome_unknown,
  cluster_unavailable,
  bypassed,
  stable_reverted,
  dark,
  undone,
  audit_unavailable,
};

struct ReasonInfo {
  Reason reason;
  std::string_view name;
  Verdict verdict;           // the verdict that it comes with
  std::string_view meaning;  // one English sentence: docs/reasons.md prints it
};

// All reasons, in the order of the enumeration.
std::span<const ReasonInfo> all_reasons();
const ReasonInfo& info_of(Reason reason);
std::string_view name_of(Reason reason);
// nullopt: no such reason.
std::optional<Reason> find_reason(std::string_view name);

}  // namespace canaryd::policy
