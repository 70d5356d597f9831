#pragma once

#include <string>
#include <string_view>

#include "canaryd/doctor/finding.hpp"

// The cluster's own versions and KServe's settings. Pure.
namespace canaryd::doctor {

std::string kubernetes_version(std::string_view version_json);

struct KserveFacts {
  bool served = false;       // serving.kserve.io/v1beta1 has inferenceservices
  std::string problem;       // why that could not be asked; empty: it was
  std::string version;       // of the controller; empty where it may not be read
  std::string default_mode;  // likewise
};
bool serves_inference_services(std::string_view resource_list_json);
std::string default_mode_of(std::string_view config_map_json);     // "Knative"; empty: not told
std::string controller_version(std::string_view deployment_json);  // "v0.20.0"; empty: not told

Finding check_kserve(const KserveFacts& facts);

}  // namespace canaryd::doctor
