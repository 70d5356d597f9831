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

}  // namespace

Result<Ownership> ownership_of(std::string_view object_json) {
  const auto object = Value::parse(object_json);
  if (!object) return fail(object.error());
  const Value metadata = (*object)["metadata"];
  Ownership out;
  read_marks(metadata, out);
  for (const auto& entry : metadata["managedFields"].items()) {
    if (!entry["subresource"].text().empty()) continue;
    const char* const tool = tool_of_manager(entry["manager"].text());
    if (tool == nullptr) continue;
    if (out.tool.empty()) out.tool = tool;
    if (has_percent(entry["fieldsV1"])) out.of_percent = true;
  }
  return out;
}

std::string gitops_remedy(const std::string& tool) {
  std::string how = "take canaryTrafficPercent out of what the release's upgrade sets while a canary is in flight";
  if (tool == "Argo CD") {
    how =
        "in the Application: ignoreDifferences for InferenceService with jsonPointers "
        "/spec/predictor/canaryTrafficPercent, and syncOptions RespectIgnoreDifferences=true";
  } else if (tool == "Flux") {
    how =
        "in the Kustomization .spec.ignore (kustomize-controller 1.9 or later), in a HelmRelease "
        "driftDetection.ignore, for the path /spec/predictor/canaryTrafficPercent";
  }
  return how + "; and let each release set model and percent in one commit, and drop the percent after its promotion";
}

}  // namespace canaryd::doctor
