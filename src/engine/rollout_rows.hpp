#pragma once

#include <vector>

#include "advance_facts.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/command.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::engine {

// The canaries of one service as a person sees them: where each stands, and which guards would hold a step forward now.
// Without the gate: Prometheus is asked at the moment of a step only. Asks the API server.
std::vector<RolloutRow> rows_of(const traffic::Rollout& rollout, const Rules& rules, const AdvanceFactFinder& facts,
                                SteadyTime deadline);

// canaryd_rollout_share_since_timestamp_seconds, canaryd_rollout_dwell_seconds and canaryd_rollout_held: what the rules
// for people watch a canary's way by. Asks nobody.
std::vector<MetricFamily> progress_series(const std::vector<traffic::Rollout>& in_flight, const Rules& rules,
                                          const AdvanceFactFinder& facts, const AdvanceFactFinder::Moment& moment);

}  // namespace canaryd::engine
