#include "rollout_rows.hpp"

#include <algorithm>
#include <string>

#include "canaryd/policy/advance.hpp"
#include "unix_seconds.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using traffic::ComponentRollout;

// What an alert that says this canary is healthy, here and now, would be answered.
policy::Decision judged(const traffic::Rollout& rollout, const ComponentRollout& c, const policy::Policy* policy,
                        const policy::AdvanceFacts& facts) {
  policy::AdvanceRequest request;
  request.revision = c.latest_ready;
  if (c.percent) request.percent = c.percent->value();
  request.starts_at = facts.now;
  return policy::decide_advance(request, rollout, policy, facts);
}

std::vector<Reason> holding(const policy::Decision& decision) {
  std::vector<Reason> reasons;
  for (const auto& guard : decision.guards) {
    if (!guard.passed) reasons.push_back(guard.reason);
  }
  return reasons;
}

RolloutRow row_of(const traffic::Rollout& rollout, const ComponentRollout& c, const policy::Policy* policy,
                  const policy::AdvanceFacts& facts) {
  RolloutRow row;
  row.target = rollout.target;
  row.component = name_of(c.component);
  row.canary = c.latest_ready;
  row.stable = policy::in_last_stage(c) ? c.previous_rolledout : c.latest_rolledout;
  row.percent = c.percent ? c.percent->value() : 0;
  for (const auto reason : holding(judged(rollout, c, policy, facts))) row.held_by.emplace_back(name_of(reason));
  if (policy == nullptr) return row;
  row.next = policy::next_stage(policy->promotion, row.percent);
  if (const auto began = policy::dwell_began(c, facts)) {
    const auto served = std::chrono::duration_cast<std::chrono::milliseconds>(facts.now - *began);
    row.dwell_left = std::max(policy->promotion.dwell - served, std::chrono::milliseconds(0));
  }
  return row;
}

// What a person can do something about; a dwell ends by itself.
bool is_told(Reason reason) { return reason != Reason::dwell && reason != Reason::warming_up; }

}  // namespace

std::vector<RolloutRow> rows_of(const traffic::Rollout& rollout, const Rules& rules, const AdvanceFactFinder& facts,
                                SteadyTime deadline) {
  const auto* policy = policy::find_policy(rules.policies, rollout.target, rollout.labels);
  std::vector<RolloutRow> rows;
  for (const auto& c : rollout.components) {
    if (policy::has_canary(c)) rows.push_back(row_of(rollout, c, policy, facts.seen(rules, rollout, c, deadline)));
  }
  return rows;
}

std::vector<MetricFamily> progress_series(const std::vector<traffic::Rollout>& in_flight, const Rules& rules,
                                          const AdvanceFactFinder& facts, const AdvanceFactFinder::Moment& moment) {
  MetricFamily since{"canaryd_rollout_share_since_timestamp_seconds",
                     "Since when the canary has its share, as far as it was seen; where promotion is on.",
                     {}};
  MetricFamily dwell{
      "canaryd_rollout_dwell_seconds", "How long a canary has to stay at each stage; where promotion is on.", {}};
  MetricFamily held{
      "canaryd_rollout_held", "1 for each guard that holds the canary's next step; where promotion is on.", {}};
  for (const auto& rollout : in_flight) {
    const auto* policy = policy::find_policy(rules.policies, rollout.target, rollout.labels);
    if (policy == nullptr || !policy->promotion.enabled) continue;
    for (const auto& c : rollout.components) {
      if (!policy::has_canary(c)) continue;
      const MetricLabels labels{{"namespace", rollout.target.ns.str()},
                                {"inferenceservice", rollout.target.name.str()},
                                {"component", name_of(c.component)},
                                {"revision", c.latest_ready.str()}};
      const auto known = facts.known(moment, rollout, c);
      const auto began =
          c.percent_since && known.share_since ? std::max(*c.percent_since, *known.share_since) : known.share_since;
      if (began) since.samples.push_back({labels, unix_seconds(*began)});
      dwell.samples.push_back({labels, std::chrono::duration<double>(policy->promotion.dwell).count()});
      for (const auto reason : holding(judged(rollout, c, policy, known))) {
        if (!is_told(reason)) continue;
        auto with_reason = labels;
        with_reason.emplace_back("reason", std::string(name_of(reason)));
        held.samples.push_back({std::move(with_reason), 1});
      }
    }
  }
  return {since, dwell, held};
}

}  // namespace canaryd::engine
