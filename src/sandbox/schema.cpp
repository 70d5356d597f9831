#include "schema.hpp"

#include <set>
#include <vector>

namespace canaryd::sandbox {

namespace {

const std::set<std::string>& spec_names() {
  static const std::set<std::string> names{"predictor", "transformer", "explainer", "canary"};
  return names;
}

// Names of the fields of a component (PredictorSpec, which has most of them), from KServe's API reference.
const std::set<std::string>& component_names() {
  static const std::set<std::string> names{"activeDeadlineSeconds",
                                           "affinity",
                                           "annotations",
                                           "art",
                                           "autoScaling",
                                           "automountServiceAccountToken",
                                           "batcher",
                                           "canaryTrafficPercent",
                                           "containerConcurrency",
                                           "containers",
                                           "deploymentStrategy",
                                           "dnsConfig",
                                           "dnsPolicy",
                                           "enableServiceLinks",
                                           "hostAliases",
                                           "hostIPC",
                                           "hostNetwork",
                                           "hostPID",
                                           "hostUsers",
                                           "hostname",
                                           "hostnameOverride",
                                           "huggingface",
                                           "imagePullSecrets",
                                           "initContainers",
                                           "labels",
                                           "lightgbm",
                                           "logger",
                                           "maxReplicas",
                                           "minReplicas",
                                           "model",
                                           "name",
                                           "nodeName",
                                           "nodeSelector",
                                           "onnx",
                                           "os",
                                           "overhead",
                                           "paddle",
                                           "pmml",
                                           "preemptionPolicy",
                                           "priority",
                                           "priorityClassName",
                                           "pytorch",
                                           "readinessGates",
                                           "resourceClaims",
                                           "resources",
                                           "restartPolicy",
                                           "runtimeClassName",
                                           "scaleMetric",
                                           "scaleMetricType",
                                           "scaleTarget",
                                           "schedulerName",
                                           "schedulingGates",
                                           "securityContext",
                                           "serviceAccount",
                                           "serviceAccountName",
                                           "setHostnameAsFQDN",
                                           "shareProcessNamespace",
                                           "sklearn",
                                           "storageContainerName",
                                           "storageUris",
                                           "subdomain",
                                           "tensorflow",
                                           "terminationGracePeriodSeconds",
                                           "timeout",
                                           "tolerations",
                                           "topologySpreadConstraints",
                                           "triton",
                                           "volumes",
                                           "workerSpec",
                                           "xgboost"};
  return names;
}

void drop_unknown(Json& object, const std::set<std::string>& known, const std::string& path,
                  std::vector<std::string>& dropped) {
  for (auto it = object.begin(); it != object.end();) {
    if (known.contains(it.key())) {
      ++it;
      continue;
    }
    dropped.push_back("unknown field \"" + path + "." + it.key() + "\"");
    it = object.erase(it);
  }
}

std::string type_of(const Json& value) {
  if (value.is_number_float()) return "number";
  return value.type_name();
}

Failure wrong_type(const std::string& name, const std::string& path, const char* expected, const Json& value) {
  const std::string type = type_of(value);
  return Failure::invalid(resource_of(Kind::inference_service), name,
                          path + ": Invalid value: \"" + type + "\": " + path + " in body must be of type " + expected +
                              ": \"" + type + "\"");
}

}  // namespace

Outcome<Json> checked_service(Json object, const std::string& name, bool strict) {
  if (!object.contains("spec")) return object;
  Json& spec = object["spec"];
  if (!spec.is_object()) return refuse(wrong_type(name, "spec", "object", spec));
  std::vector<std::string> dropped;
  drop_unknown(spec, spec_names(), "spec", dropped);
  for (const char* component : {"predictor", "transformer", "explainer"}) {
    if (!spec.contains(component)) continue;
    const std::string path = std::string("spec.") + component;
    Json& fields = spec[component];
    if (!fields.is_object()) return refuse(wrong_type(name, path, "object", fields));
    drop_unknown(fields, component_names(), path, dropped);
    const Json& percent = member(fields, "canaryTrafficPercent");
    if (percent.is_null()) {
      fields.erase("canaryTrafficPercent");  // a null of a field that is not nullable is dropped
    } else if (!percent.is_number_integer()) {
      return refuse(wrong_type(name, path + ".canaryTrafficPercent", "integer", percent));
    }
  }
  if (!strict || dropped.empty()) return object;
  std::string all;
  for (const std::string& one : dropped) all += (all.empty() ? "" : ", ") + one;
  return refuse(Failure::bad_request("strict decoding error: " + all));
}

}  // namespace canaryd::sandbox
