#include "dry_run.hpp"

#include <utility>

#include "access.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using traffic::ComponentRollout;
using traffic::Rollout;

constexpr const char* rollback_check = "services.rollback";

std::string shares(const Rollout& rollout) {
  std::string out;
  for (const auto& each : rollout.components) {
    if (!each.raw_percent) continue;
    out += (out.empty() ? "" : ", ") + std::string(name_of(each.component)) + " " + escaped(each.latest_ready.str()) +
           " at " + std::to_string(*each.raw_percent) + " %";
  }
  return out;
}

Finding judge(const Rollout& rollout, const DryRun& dry_run) {
  const std::string name = escaped(rollout.target.str());
  const bool canary = !in_flight(rollout).empty();
  const std::string tried = canary ? "the rollback of its canary" : "a change of its traffic";
  switch (dry_run.status) {
    case Health::fail:
      return {rollback_check, Health::fail, name + ": " + tried + " would be refused now: " + dry_run.refusal,
              "let the policy or webhook that is named admit a change of canaryTrafficPercent by canaryd; where it is "
              "canaryd's own policy that stops what KServe's webhook adds, apply the object once as it is"};
    case Health::unknown:
    case Health::warn:
      return {rollback_check, Health::unknown, name + ": " + tried + " could not be tried: " + dry_run.refusal,
              "run it again; when it stays so, see kubernetes.reachable and kubernetes.permissions"};
    case Health::ok:
      break;
  }
  if (!dry_run.changed.empty()) {
    return {rollback_check, Health::warn,
            name + ": " + tried + " is admitted, and admission would also change " + listed(dry_run.changed) +
                ": the pods' template changes, which makes a new revision",
            "apply the object once as it is, at a quiet time and without a canary, so that what the webhook adds is "
            "stored before a rollback needs it"};
  }
  return {rollback_check,
          Health::ok,
          name + (canary ? ": " + shares(rollout) + "; its rollback is admitted (dry run)"
                         : ": no canary in flight; a change of its traffic is admitted (dry run)"),
          {}};
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

DryRun admitted(Result<std::vector<std::string>> changed) {
  DryRun out;
  if (changed) {
    out.status = Health::ok;
    out.changed = std::move(*changed);
  } else {
    out.refusal = "what the API server answered cannot be compared with the object: " + said(changed.error().message);
  }
  return out;
}

Finding check_dry_run(const Rollout& rollout, const DryRun& dry_run) {
  Finding found = judge(rollout, dry_run);
  if (dry_run.stranger.empty()) return found;
  found.status = Health::unknown;
  found.text += "; asked as " + escaped(dry_run.stranger, 120) + ", who is not canaryd";
  found.remedy = ask_as_canaryd;
  return found;
}

}  // namespace canaryd::doctor
