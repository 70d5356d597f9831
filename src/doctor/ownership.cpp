#include "ownership.hpp"

#include <array>

#include "canaryd/base/text.hpp"
#include "json.hpp"

namespace canaryd::doctor {
namespace {

struct Tool {
  const char* name;
  const char* managers[4];  // how their names begin
};
// The names as the projects' controllers send them; `helm` and `helm-controller` apply as "helm".
constexpr std::array tools{
    Tool{"Argo CD", {"argocd-controller", "argocd-application-controller", "argocd", nullptr}},
    Tool{"Flux", {"kustomize-controller", "helm-controller", "flux", nullptr}},
    Tool{"Helm", {"helm", "Helm", nullptr, nullptr}},
};

constexpr const char* check = "services.owner";
constexpr const char* flow = ": examples/README.md#gitops";

// How nothing is synced while a canary is in flight.
std::string pause(const std::string& tool) {
  if (tool == "Argo CD") {
    return "no `automated` in the Application's syncPolicy: who releases syncs it, and nothing else does while a "
           "canary "
           "is in flight";
  }
  if (tool == "Flux") {
    return "flux suspend the Kustomization or HelmRelease while a canary is in flight: who releases reconciles it";
  }
  return "no helm upgrade while a canary is in flight but the release's own";
}

// Whether f:spec.f:<component>.f:canaryTrafficPercent is among the fields.
bool has_percent(const Value& fields) {
  for (const auto& [component, inner] : fields["f:spec"].members()) {
    if (inner["f:canaryTrafficPercent"].present()) return true;
  }
  return false;
}

const char* tool_of_manager(std::string_view manager) {
  for (const auto& tool : tools) {
    for (const char* const prefix : tool.managers) {
      if (prefix != nullptr && manager.starts_with(prefix)) return tool.name;
    }
  }
  return nullptr;
}

void read_marks(const Value& metadata, Ownership& out) {
  const auto annotations = metadata["annotations"].texts();
  const auto labels = metadata["labels"].texts();
  const auto at = [](const auto& map, const char* key) {
    const auto found = map.find(key);
    return found == map.end() ? std::string() : found->second;
  };
  if (const auto id = at(annotations, "argocd.argoproj.io/tracking-id"); !id.empty()) {
    out.tool = "Argo CD";
    out.what = escaped(id.substr(0, id.find(':')), 80);
  } else if (const auto name = at(labels, "kustomize.toolkit.fluxcd.io/name"); !name.empty()) {
    out.tool = "Flux";
    out.what = escaped(at(labels, "kustomize.toolkit.fluxcd.io/namespace") + "/" + name, 140);
  } else if (const auto release = at(labels, "helm.toolkit.fluxcd.io/name"); !release.empty()) {
    out.tool = "Flux";
    out.what = escaped(at(labels, "helm.toolkit.fluxcd.io/namespace") + "/" + release, 140);
  } else if (at(labels, "app.kubernetes.io/managed-by") == "Helm") {
    out.tool = "Helm";
    out.what = escaped(at(annotations, "meta.helm.sh/release-name"), 80);
  }
}

// Whoever changes the value takes the field over, and the tool's own entry no longer has it: what is in Git is not to
// be seen here.
std::string owned(const Ownership& owner, const std::string& who) {
  if (owner.of_percent) return who + " owns canaryTrafficPercent";
  if (owner.other.empty()) return "applied by " + who;
  return "applied by " + who + ", and " + owner.other + " has changed canaryTrafficPercent since";
}

}  // namespace

Result<Ownership> ownership_of(std::string_view object_json) {
  const auto object = Value::parse(object_json);
  if (!object) return fail(object.error());
  const Value metadata = (*object)["metadata"];
  Ownership out;
  read_marks(metadata, out);
  for (const auto& entry : metadata["managedFields"].items()) {
    if (!entry["subresource"].text().empty()) continue;
    const std::string manager = entry["manager"].text();
    const char* const tool = tool_of_manager(manager);
    const bool percent = has_percent(entry["fieldsV1"]);
    if (tool == nullptr) {
      if (percent) out.other = escaped(manager, 80);
      continue;
    }
    if (out.tool.empty()) out.tool = tool;
    out.of_percent = out.of_percent || percent;
  }
  return out;
}

std::optional<Finding> check_owner(const Target& target, const Ownership& owner, bool has_percent) {
  if (owner.tool.empty()) return std::nullopt;
  const std::string who = owner.tool + (owner.what.empty() ? "" : " (" + owner.what + ")");
  const std::string name = escaped(target.str()) + ": ";
  if (!has_percent) {
    return Finding{check, Health::warn,
                   name + "applied by " + who +
                       ", and it has no canaryTrafficPercent: a new model that is applied so gets all traffic at once, "
                       "without a canary",
                   std::string("let each release set the model and a first percent in one commit, and drop the percent "
                               "after its promotion") +
                       flow};
  }
  return Finding{
      check, Health::warn,
      name + owned(owner, who) + ": where Git has the percent, the next sync sets it again and undoes a rollback",
      pause(owner.tool) + ", and drop the percent from Git after the promotion" + flow};
}

}  // namespace canaryd::doctor
