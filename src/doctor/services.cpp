#include "services.hpp"

#include <algorithm>

#include "canaryd/base/text.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using traffic::ComponentRollout;
using traffic::ConditionStatus;
using traffic::Mode;
using traffic::Rollout;

constexpr const char* mode_check = "services.mode";
constexpr const char* rollback_check = "services.rollback";
constexpr const char* route_check = "services.route";
constexpr const char* owner_check = "services.owner";

bool has_percent(const Rollout& rollout) {
  return std::any_of(rollout.components.begin(), rollout.components.end(),
                     [](const auto& each) { return each.raw_percent.has_value(); });
}

std::string shares(const Rollout& rollout) {
  std::string out;
  for (const auto& each : rollout.components) {
    if (!each.raw_percent) continue;
    out += (out.empty() ? "" : ", ") + std::string(name_of(each.component)) + " " + escaped(each.latest_ready.str()) +
           " at " + std::to_string(*each.raw_percent) + " %";
  }
  return out;
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

Finding check_dry_run(const ServiceFacts& facts) {
  const std::string name = escaped(facts.rollout.target.str());
  const bool canary = !in_flight(facts.rollout).empty();
  const std::string tried = canary ? "the rollback of its canary" : "a change of its traffic";
  switch (facts.rollback.status) {
    case Health::fail:
      return {rollback_check, Health::fail, name + ": " + tried + " would be refused now: " + facts.rollback.refusal,
              "let the policy or webhook that is named admit a change of canaryTrafficPercent by canaryd; where it is "
              "canaryd's own policy that stops what KServe's webhook adds, apply the object once as it is"};
    case Health::unknown:
    case Health::warn:
      return {rollback_check, Health::unknown, name + ": " + tried + " could not be tried: " + facts.rollback.refusal,
              "run it again; when it stays so, see kubernetes.reachable and kubernetes.permissions"};
    case Health::ok:
      break;
  }
  if (!facts.rollback.changed.empty()) {
    return {rollback_check, Health::warn,
            name + ": " + tried + " is admitted, and admission would also change " + listed(facts.rollback.changed) +
                ": the pods' template changes, which makes a new revision",
            "apply the object once as it is, at a quiet time and without a canary, so that what the webhook adds is "
            "stored before a rollback needs it"};
  }
  return {rollback_check,
          Health::ok,
          name + (canary ? ": " + shares(facts.rollout) + "; its rollback is admitted (dry run)"
                         : ": no canary in flight; a change of its traffic is admitted (dry run)"),
          {}};
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

std::optional<Finding> check_owner(const ServiceFacts& facts) {
  const Ownership& owner = facts.owner;
  if (owner.tool.empty()) return std::nullopt;
  const std::string who = owner.tool + (owner.what.empty() ? "" : " (" + owner.what + ")");
  const std::string name = escaped(facts.rollout.target.str());
  if (owner.of_percent) {
    return Finding{owner_check, Health::warn,
                   name + ": " + who +
                       " owns canaryTrafficPercent: unless it is told to leave the field alone, its next "
                       "sync undoes a rollback",
                   gitops_remedy(owner.tool)};
  }
  if (has_percent(facts.rollout)) {
    return Finding{
        owner_check, Health::ok, name + ": applied by " + who + ", which does not own canaryTrafficPercent", {}};
  }
  return Finding{owner_check, Health::warn,
                 name + ": applied by " + who +
                     ", and it has no canaryTrafficPercent: a new model that is applied so gets all traffic at once, "
                     "without a canary",
                 gitops_remedy(owner.tool)};
}

}  // namespace

std::vector<traffic::Component> in_flight(const Rollout& rollout) {
  std::vector<traffic::Component> out;
  for (const auto& each : rollout.components) {
    if (each.canary_in_flight() && each.raw_percent != 0) out.push_back(each.component);
  }
  return out;
}

std::string patch_to_try(const Rollout& rollout) {
  if (const auto components = in_flight(rollout); !components.empty()) {
    return traffic::rollback_patch(rollout, components);
  }
  const ComponentRollout* const first = rollout.components.empty() ? nullptr : rollout.components.data();
  const std::string component = name_of(first == nullptr ? traffic::Component::predictor : first->component);
  // Another value than there is: the same one would be no change, and admission may let pass what changes nothing.
  const bool present = first != nullptr && first->raw_percent.has_value();
  const std::string value = present && *first->raw_percent == 100 ? "99" : "100";
  std::string out = R"([{"op":"test","path":"/metadata/uid","value":)";
  append_json_string(out, rollout.uid.str());
  return out + R"(},{"op":"add","path":"/spec/)" + component + R"(/canaryTrafficPercent","value":)" + value + "}]";
}

DryRun refused(const Error& error) {
  DryRun out;
  out.refusal = said(traffic::status_message(error.message), 400);
  switch (error.kind) {
    case ErrorKind::forbidden:
    case ErrorKind::unauthenticated:
    case ErrorKind::rejected:
    case ErrorKind::invalid:
      out.status = Health::fail;
      break;
    default:
      break;
  }
  return out;
}

Findings check_service(const ServiceFacts& facts, const std::vector<policy::Policy>& policies,
                       const std::string& default_mode) {
  if (auto other = other_mode(facts.rollout, default_mode)) return {*other};
  Findings out;
  if (auto found = without_policy(facts.rollout, policies)) out.push_back(*found);
  out.push_back(check_dry_run(facts));
  if (auto found = check_route(facts)) out.push_back(*found);
  if (auto found = check_owner(facts)) out.push_back(*found);
  return out;
}

}  // namespace canaryd::doctor
