#include "replay_facts.hpp"

#include <algorithm>
#include <initializer_list>

namespace canaryd::app {

namespace {

using policy::Reason;
using traffic::Component;
using traffic::ComponentRollout;

constexpr int some_percent = 10;
const auto long_ago = std::chrono::hours(24 * 365);
const Revision some_canary("the-canary");
const Revision some_stable("the-stable-revision");

bool is_one_of(std::optional<Reason> reason, std::initializer_list<Reason> list) {
  return reason && std::find(list.begin(), list.end(), *reason) != list.end();
}

// Only a record of the same action has asked the same guards.
const audit::Record* record_about(const PastAlert& past, std::initializer_list<std::string_view> actions) {
  if (!past.record) return nullptr;
  return std::find(actions.begin(), actions.end(), past.record->action) == actions.end() ? nullptr : &*past.record;
}

// What the API server did, or what the object was like, for which any configuration has the same answer.
bool is_of_the_cluster(std::optional<Reason> reason) {
  return is_one_of(reason, {Reason::not_found, Reason::unsupported_mode, Reason::stale_revision,
                            Reason::canary_not_ready, Reason::no_stable_revision, Reason::no_canary,
                            Reason::already_rolled_back, Reason::rollback_pending, Reason::rollback_blocked,
                            Reason::rollback_impossible, Reason::conflict, Reason::forbidden, Reason::patch_rejected,
                            Reason::cluster_unavailable, Reason::outcome_unknown, Reason::audit_unavailable});
}

int percent_label(const alert::Signal& signal) {
  if (signal.percent) return *signal.percent;
  const auto found = signal.alert.labels.find("percent");
  if (found == signal.alert.labels.end()) return some_percent;
  for (int percent = 1; percent <= 100; ++percent) {
    if (found->second == std::to_string(percent)) return percent;
  }
  return some_percent;
}

ComponentRollout canary_of(const PastFacts& past, const alert::Signal& signal) {
  if (auto canary = past.canary()) return *canary;
  return healthy_canary(signal.revision.value_or(some_canary), some_stable, percent_label(signal));
}

// Since when the canary had traffic was no question then, or a policy that holds such alerts made it none.
bool never_asked_when(const PastFacts& past) {
  return !past.passed(Reason::stale_alert) ||
         past.detail(Reason::stale_alert).find("the policy holds such alerts") != std::string::npos;
}

// Components that went to 0 together with the one that was asked about.
void add_others(traffic::Rollout& rollout, const std::vector<audit::Change>& changes) {
  for (const auto& change : changes) {
    const auto kind = traffic::component_from(change.component);
    const auto percent = Percent::from(change.percent_before);
    if (!kind || !percent || rollout.find(*kind) != nullptr) continue;
    auto other = healthy_canary(Revision(change.canary), Revision(change.stable), percent->value());
    other.component = *kind;
    rollout.components.push_back(std::move(other));
  }
  std::sort(rollout.components.begin(), rollout.components.end(),
            [](const auto& a, const auto& b) { return a.component < b.component; });
}

}  // namespace

RollbackFacts::RollbackFacts(const PastAlert& past, const alert::Signal& signal, const policy::Policy* policy,
                             const policy::Breaker& breaker)
    : rollout(healthy_rollout(*signal.target, {})), past_(record_about(past, {"rollback"})) {
  const auto canary = canary_of(past_, signal);
  rollout.components = {canary};
  if (past.record) add_others(rollout, past.record->changes);
  circumstances.now = past.at;
  circumstances.stopped = past_.reason() == Reason::stopped;
  circumstances.breaker_stops = breaker.stops_rollbacks && past_.reason() == Reason::breaker_open;
  for (const auto& c : rollout.components) {
    circumstances.full_since[c.latest_ready] = past.at;
    if (!c.previous_rolledout.empty()) {
      circumstances.revision_ready[c.previous_rolledout] = traffic::ConditionStatus::is_true;
    }
  }
  if (const auto since = past_.first_traffic()) {
    circumstances.first_traffic[canary.latest_ready] = *since;
  } else if (policy != nullptr && never_asked_when(past_)) {
    circumstances.first_traffic[canary.latest_ready] = signal.alert.starts_at - policy->evidence_window - long_ago;
  }
}

bool RollbackFacts::cluster_said(const policy::Decision& today) const {
  if (is_one_of(today.reason, {Reason::no_policy, Reason::rollback_off})) return false;  // asked before all else
  if (past_.reason() == Reason::stale_alert) {
    return past_.detail(Reason::stale_alert).find("before the service was created") != std::string::npos;
  }
  if (past_.reason() == Reason::rollback_impossible && today.reason == Reason::stale_alert) return false;
  return is_of_the_cluster(past_.reason());
}

bool RollbackFacts::assumes(const policy::Decision& today) const {
  if (is_one_of(today.reason, {Reason::no_policy, Reason::rollback_off})) return false;
  // These come last: all that is asked before them is known.
  if (is_one_of(past_.reason(), {Reason::rolled_back, Reason::observe_only, Reason::stopped, Reason::breaker_open})) {
    return false;
  }
  return !(past_.reason() == Reason::stale_alert && today.reason == Reason::stale_alert);
}

AdvanceCase::AdvanceCase(const PastAlert& past, const alert::Signal& signal, const std::vector<std::string>& bad_alerts)
    : rollout(healthy_rollout(*signal.target, {})), past_(record_about(past, {"advance", "promote"})) {
  knows_all_ = past_.passed(Reason::promotion_off).has_value() && past_.canary().has_value();
  request.revision = signal.revision;
  request.percent = signal.percent;
  request.starts_at = signal.alert.starts_at;
  rollout.components = {canary_of(past_, signal)};
  facts.now = past.at;
  facts.stopped = stopped_by(Reason::stopped);
  facts.state_known = !stopped_by(Reason::state_unknown);
  facts.warming_up = stopped_by(Reason::warming_up);
  facts.breaker_open = stopped_by(Reason::breaker_open);
  facts.quarantined = stopped_by(Reason::quarantined);
  facts.lowered_by_hand = stopped_by(Reason::lowered_by_hand);
  if (stopped_by(Reason::held)) facts.holds.push_back({"as then", "", past_.detail(Reason::held)});
  facts.bad_alerts = bad_alerts;
  if (stopped_by(Reason::bad_alert_active)) facts.bad_alerts.push_back(past_.detail(Reason::bad_alert_active));
  facts.gate = past_.gate();
  if (!knows_all_) facts.gate = policy::GateAnswer{policy::GateAnswer::Verdict::passed, {}};
  take_dwell(past.at);
  take_share(past.at);
}

void AdvanceCase::take_dwell(WallTime at) {
  auto& canary = rollout.components[0];
  auto since = past_.share_since();
  if (!since && !stopped_by(Reason::dwell)) since = at - long_ago;
  if (!since) return;
  canary.percent_since = since;
  facts.share_since = since;
  facts.revision_ready_since = since;
  // It is asked whether the evidence is older than the revision, too.
  facts.revision_created = std::min(*since, *request.starts_at);
}

void AdvanceCase::take_share(WallTime at) {
  auto& canary = rollout.components[0];
  if (stopped_by(Reason::not_converged)) canary.traffic.clear();
  if (stopped_by(Reason::stale_alert) &&
      past_.detail(Reason::stale_alert).find(" is before the ") != std::string::npos) {
    rollout.created = at;
  }
  if (!stopped_by(Reason::several_components)) return;
  auto other = healthy_canary(some_canary, some_stable, some_percent);
  other.component = canary.component == Component::predictor ? Component::transformer : Component::predictor;
  rollout.components.push_back(std::move(other));
}

bool AdvanceCase::cluster_said(const policy::Decision& today) const {
  return is_of_the_cluster(past_.reason()) && today.reason != Reason::no_policy &&
         (!knows_all_ || policy::would_act(today) || past_.reason() == today.reason);
}

std::string AdvanceCase::assumption(const policy::Decision& today) const {
  if (today.reason == Reason::no_policy) return {};
  if (!knows_all_) return "a healthy canary with its dwell served is assumed, and a gate that passes";
  if (policy::would_act(today) && !facts.gate) return "a gate that passes is assumed: it was not asked then";
  return {};
}

}  // namespace canaryd::app
