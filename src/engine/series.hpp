#pragma once

#include <functional>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::engine {

// The series that the shipped rules join on, for each canary that has or may get traffic: canaryd_rollout_revision,
// canaryd_rollout_traffic_percent and canaryd_threshold (docs/rules.md). `policy_of` may return nullptr. A canary left
// at 100 for longer than the policy's last_stage_window is promoted, and no canary any more. Pure.
std::vector<MetricFamily> rollout_series(const std::vector<traffic::Rollout>& exposed,
                                         const std::function<const policy::Policy*(const traffic::Rollout&)>& policy_of,
                                         WallTime now);

}  // namespace canaryd::engine
