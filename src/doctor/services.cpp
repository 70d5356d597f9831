#include "services.hpp"

#include <algorithm>

#include "canaryd/base/text.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using traffic::ComponentRollout;
using traffic::ConditionStatus;
using traffic::Mode;
using traffic::Rollout;

constexpr const char* mode_check = "services.mode";
constexpr const char* route_check = "services.route";

bool has_percent(const Rollout& rollout) {
  return std::any_of(rollout.components.begin(), rollout.components.end(),
                     [](const auto& each) { return each.raw_percent.has_value(); });
}

bool is_knative(Mode mode, const std::string& default_mode) {
  if (mode != Mode::unknown) return mode == Mode::knative;
  return default_mode == "Knative" || default_mode == "Serverless";
}

// nullopt: it is Knative's, and canaryd's work.
std::optional<Finding> other_mode(const Rollout& rollout, const std::string& default_mode) {
  const std::string name = escaped(rollout.target.str());
  if (is_knative(rollout.mode, default_mode)) return std::nullopt;
  if (rollout.mode == Mode::unknown && default_mode.empty()) {
    return Finding{mode_check, Health::unknown,
                   name +
                       ": its deployment mode is not known: neither its status nor an annotation says it, and KServe's "
                       "default could not be read",
                   "wait until KServe has written its status, or run this with credentials that may read the ConfigMap "
                   "inferenceservice-config of KServe's namespace"};
  }
  if (has_percent(rollout)) {
    return Finding{mode_check, Health::fail,
                   name +
                       ": canaryTrafficPercent has no effect in this deployment mode: the new model gets all traffic, "
                       "and no rollback is possible",
                   "deploy it with the annotation serving.kserve.io/deploymentMode: Knative"};
  }
  return Finding{
      mode_check, Health::warn, name + ": not in Knative mode; canaryd does nothing for it (unsupported_mode)",
      "deploy it with the annotation serving.kserve.io/deploymentMode: Knative, or keep its namespace out of "
      "cluster.namespaces"};
}

std::optional<Finding> without_policy(const Rollout& rollout, const std::vector<policy::Policy>& policies) {
  const std::string name = escaped(rollout.target.str());
  const auto* const policy = policy::find_policy(policies, rollout.target, rollout.labels);
  if (policy == nullptr) {
    return Finding{"services.policy", Health::warn, name + ": no policy matches it; every alert about it is refused",
                   "add an entry to `policies` whose match has it, or ignore this"};
  }
  if (!policy->rollback) {
    return Finding{"services.policy", Health::warn,
                   name + ": the policy " + escaped(policy->name) + " does not roll back", "set rollback: true in it"};
  }
  if (policy->mode == policy::Mode::observe) {
    return Finding{"services.policy", Health::warn,
                   name + ": the policy " + escaped(policy->name) + " only observes; nothing is rolled back",
                   "set mode: enforce in it once its decisions have been as you want them"};
  }
  return std::nullopt;
}

// Knative moves no traffic while one of its targets is missing or not Ready.
std::optional<Finding> check_route(const ServiceFacts& facts) {
  std::string why;
  for (const auto component : in_flight(facts.rollout)) {
    const ComponentRollout& each = *facts.rollout.find(component);
    if (each.route.status == ConditionStatus::is_false) {
      why += (why.empty() ? "" : "; ") + std::string(name_of(component)) +
             "'s route: " + escaped(each.route.reason.empty() ? each.route.message : each.route.reason);
    }
  }
  for (const auto& revision : facts.revisions) {
    if (revision.ready == ConditionStatus::is_true) continue;
    why += (why.empty() ? "" : "; ") + std::string("revision ") + escaped(revision.name.str()) + " is not Ready" +
           (revision.ready_reason.empty() ? "" : " (" + escaped(revision.ready_reason) + ")");
  }
  if (why.empty()) return std::nullopt;
  return Finding{
      route_check, Health::fail,
      escaped(facts.rollout.target.str()) +
          ": Knative would move no traffic now, a rollback would be accepted and stay without effect: " + why,
      "apply the stable model's spec again, which makes a new good revision"};
}

}  // namespace

Findings check_service(const ServiceFacts& facts, const std::vector<policy::Policy>& policies,
                       const std::string& default_mode) {
  if (auto other = other_mode(facts.rollout, default_mode)) return {*other};
  Findings out;
  if (auto found = without_policy(facts.rollout, policies)) out.push_back(*found);
  out.push_back(check_dry_run(facts.rollout, facts.rollback));
  if (auto found = check_route(facts)) out.push_back(*found);
  if (auto found = check_owner(facts.rollout.target, facts.owner, has_percent(facts.rollout))) out.push_back(*found);
  return out;
}

}  // namespace canaryd::doctor
