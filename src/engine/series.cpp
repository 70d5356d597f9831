#include "series.hpp"

#include <algorithm>
#include <string>

#include "canaryd/policy/decide.hpp"

namespace canaryd::engine {

namespace {

MetricLabels labels_of(const Target& target, const traffic::ComponentRollout& c, const Revision& revision) {
  return {{"namespace", target.ns.str()},
          {"inferenceservice", target.name.str()},
          {"component", name_of(c.component)},
          {"revision", revision.str()}};
}

bool is_promoted(const traffic::ComponentRollout& c, const policy::Policy* policy, WallTime now) {
  if (!policy::in_last_stage(c)) return false;
  if (policy == nullptr || !c.percent_since) return true;
  return policy::counts_as_promoted(*policy,
                                    std::chrono::duration_cast<std::chrono::milliseconds>(now - *c.percent_since));
}

MetricLabels with(MetricLabels labels, const std::string& name, const std::string& value) {
  labels.emplace_back(name, value);
  return labels;
}

}  // namespace

std::vector<MetricFamily> rollout_series(const std::vector<traffic::Rollout>& exposed,
                                         const std::function<const policy::Policy*(const traffic::Rollout&)>& policy_of,
                                         WallTime now) {
  MetricFamily revisions{
      "canaryd_rollout_revision", "1 for the canary and the stable revision of each canary in flight.", {}};
  MetricFamily percents{"canaryd_rollout_traffic_percent",
                        "The share of traffic of the revision, in spec or still in status, whichever is more.",
                        {}};
  MetricFamily thresholds{"canaryd_threshold", "The policy's limits for the canary; +Inf is off.", {}};
  for (const auto& rollout : exposed) {
    const policy::Policy* policy = policy_of(rollout);
    for (const auto& c : rollout.components) {
      if (!policy::is_exposed(c) || is_promoted(c, policy, now)) continue;
      const std::int64_t wanted = std::clamp<std::int64_t>(c.raw_percent.value_or(0), 0, 100);
      // What users may get: a rollback that Knative does not carry out must not make the alert about it go away.
      const auto share = static_cast<double>(std::max<std::int64_t>(wanted, c.share_of(c.latest_ready)));
      const Revision& stable = policy::in_last_stage(c) ? c.previous_rolledout : c.latest_rolledout;
      const MetricLabels canary = labels_of(rollout.target, c, c.latest_ready);
      const MetricLabels other = labels_of(rollout.target, c, stable);
      revisions.samples.push_back({with(canary, "role", "canary"), 1});
      revisions.samples.push_back({with(other, "role", "stable"), 1});
      percents.samples.push_back({with(canary, "role", "canary"), share});
      percents.samples.push_back({with(other, "role", "stable"), 100 - share});
      if (policy == nullptr) continue;
      for (const auto& signal : policy::threshold_signals) {
        thresholds.samples.push_back(
            {with(canary, "signal", std::string(signal.name)), policy->thresholds.*signal.value});
      }
    }
  }
  return {revisions, percents, thresholds};
}

}  // namespace canaryd::engine
