#include "kserve.hpp"

#include "canaryd/base/text.hpp"
#include "json.hpp"

namespace canaryd::doctor {

std::string kubernetes_version(std::string_view version_json) {
  const auto version = Value::parse(version_json);
  const std::string text = version ? (*version)["gitVersion"].text() : std::string();
  return text.empty() ? "its version unknown" : "Kubernetes " + escaped(text, 60);
}

bool serves_inference_services(std::string_view resource_list_json) {
  const auto list = Value::parse(resource_list_json);
  if (!list) return false;
  for (const auto& each : (*list)["resources"].items()) {
    if (each["name"].text() == "inferenceservices") return true;
  }
  return false;
}

std::string default_mode_of(std::string_view config_map_json) {
  const auto map = Value::parse(config_map_json);
  if (!map) return {};
  const auto deploy = Value::parse((*map)["data"]["deploy"].text());
  return deploy ? (*deploy)["defaultDeploymentMode"].text() : std::string();
}

std::string controller_version(std::string_view deployment_json) {
  const auto deployment = Value::parse(deployment_json);
  if (!deployment) return {};
  for (const auto& container : (*deployment)["spec"]["template"]["spec"]["containers"].items()) {
    const std::string image = container["image"].text();
    if (image.find("kserve-controller") == std::string::npos) continue;
    const std::string bare = image.substr(0, image.find('@'));
    const auto colon = bare.rfind(':');
    if (colon != std::string::npos && bare.find('/', colon) == std::string::npos) return bare.substr(colon + 1);
  }
  return {};
}

Finding check_kserve(const KserveFacts& facts) {
  const char* const id = "kserve.served";
  if (!facts.problem.empty()) {
    return {id, Health::unknown, "whether KServe is there could not be asked: " + facts.problem,
            "see that discovery is allowed (system:discovery)"};
  }
  if (!facts.served) {
    return {id, Health::fail, "the cluster does not serve inferenceservices of serving.kserve.io/v1beta1",
            "install KServe, with its CRDs; canaryd watches nothing else"};
  }
  const auto told = [](const std::string& what) {
    return what.empty() ? "not readable with these credentials" : escaped(what, 60);
  };
  const std::string text = "KServe's API is served; its version is " + told(facts.version) +
                           ", the default deployment mode is " + told(facts.default_mode);
  if (!facts.default_mode.empty() && facts.default_mode != "Knative" && facts.default_mode != "Serverless") {
    return {id, Health::warn, text + ": there canaryTrafficPercent has no effect",
            "give the services that have canaries the annotation serving.kserve.io/deploymentMode: Knative"};
  }
  return {id, Health::ok, text, {}};
}

}  // namespace canaryd::doctor
