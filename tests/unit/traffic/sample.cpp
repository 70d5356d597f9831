#include "traffic/sample.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace canaryd::traffic::sample {

namespace {

using Json = nlohmann::json;

constexpr const char* iris_text = R"json({
  "apiVersion": "serving.kserve.io/v1beta1",
  "kind": "InferenceService",
  "metadata": {
    "name": "iris",
    "namespace": "ml",
    "uid": "5b7a1f0e-91c4-4b8f-9f55-3d6a2a9c1e77",
    "resourceVersion": "48213",
    "generation": 7,
    "creationTimestamp": "2026-07-30T08:15:02Z",
    "labels": {
      "app.kubernetes.io/managed-by": "argocd",
      "app.kubernetes.io/part-of": "flowers",
      "team": "botany",
      "tier": "gold"
    },
    "annotations": {
      "kubectl.kubernetes.io/last-applied-configuration": "{\"apiVersion\":\"serving.kserve.io/v1beta1\",\"kind\":\"InferenceService\",\"metadata\":{\"annotations\":{},\"name\":\"iris\",\"namespace\":\"ml\"},\"spec\":{\"predictor\":{\"canaryTrafficPercent\":5,\"model\":{\"modelFormat\":{\"name\":\"sklearn\"},\"storageUri\":\"s3://models/iris/2\"}}}}",
      "serving.kserve.io/deploymentMode": "Knative",
      "serving.kserve.io/enable-tag-routing": "true",
      "prometheus.kserve.io/port": "8082"
    },
    "finalizers": ["inferenceservice.finalizers"],
    "managedFields": [
      {
        "manager": "kubectl-client-side-apply",
        "operation": "Update",
        "apiVersion": "serving.kserve.io/v1beta1",
        "time": "2026-08-01T11:30:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {
          "f:metadata": {
            "f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {},
                              "f:serving.kserve.io/enable-tag-routing": {}},
            "f:labels": {".": {}, "f:app.kubernetes.io/managed-by": {}, "f:team": {}, "f:tier": {}}
          },
          "f:spec": {
            ".": {},
            "f:predictor": {
              ".": {}, "f:minReplicas": {}, "f:maxReplicas": {}, "f:serviceAccountName": {},
              "f:model": {".": {}, "f:modelFormat": {".": {}, "f:name": {}, "f:version": {}}, "f:name": {},
                          "f:protocolVersion": {}, "f:storageUri": {}, "f:env": {}, "f:args": {},
                          "f:resources": {".": {}, "f:limits": {".": {}, "f:cpu": {}, "f:memory": {}},
                                          "f:requests": {".": {}, "f:cpu": {}, "f:memory": {}}}}
            }
          }
        }
      },
      {
        "manager": "release-bot",
        "operation": "Update",
        "apiVersion": "serving.kserve.io/v1beta1",
        "time": "2026-08-01T12:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:predictor": {"f:canaryTrafficPercent": {}}}}
      },
      {
        "manager": "manager",
        "operation": "Update",
        "apiVersion": "serving.kserve.io/v1beta1",
        "time": "2026-08-01T12:00:21Z",
        "fieldsType": "FieldsV1",
        "subresource": "status",
        "fieldsV1": {
          "f:status": {
            ".": {}, "f:address": {".": {}, "f:url": {}}, "f:conditions": {}, "f:deploymentMode": {},
            "f:components": {".": {}, "f:predictor": {".": {}, "f:address": {".": {}, "f:url": {}},
              "f:latestCreatedRevision": {}, "f:latestReadyRevision": {}, "f:latestRolledoutRevision": {},
              "f:previousRolledoutRevision": {}, "f:traffic": {}, "f:url": {}}},
            "f:modelStatus": {".": {}, "f:copies": {".": {}, "f:failedCopies": {}, "f:totalCopies": {}},
              "f:states": {".": {}, "f:activeModelState": {}, "f:targetModelState": {}}, "f:transitionStatus": {}},
            "f:observedGeneration": {}, "f:url": {}
          }
        }
      }
    ]
  },
  "spec": {
    "predictor": {
      "canaryTrafficPercent": 5,
      "minReplicas": 1,
      "maxReplicas": 4,
      "serviceAccountName": "models-reader",
      "automountServiceAccountToken": false,
      "nodeSelector": {"node.kubernetes.io/instance-type": "c5.2xlarge", "pool": "inference"},
      "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "inference", "effect": "NoSchedule"}],
      "model": {
        "name": "",
        "modelFormat": {"name": "sklearn", "version": "1"},
        "protocolVersion": "v2",
        "runtime": "kserve-mlserver",
        "storageUri": "s3://models/iris/2",
        "args": ["--max-batch-size=32", "--max-batch-latency=50"],
        "env": [
          {"name": "MLSERVER_MODEL_NAME", "value": "iris"},
          {"name": "MLSERVER_HTTP_PORT", "value": "8080"},
          {"name": "MLSERVER_PARALLEL_WORKERS", "value": "2"},
          {"name": "AWS_REGION", "valueFrom": {"configMapKeyRef": {"name": "aws", "key": "region"}}}
        ],
        "resources": {"limits": {"cpu": "2", "memory": "4Gi"}, "requests": {"cpu": "500m", "memory": "2Gi"}},
        "readinessProbe": {"httpGet": {"path": "/v2/models/iris/ready", "port": 8080}, "periodSeconds": 5},
        "livenessProbe": {"httpGet": {"path": "/v2/health/live", "port": 8080}, "initialDelaySeconds": 30}
      }
    }
  },
  "status": {
    "address": {"url": "http://iris.ml.svc.cluster.local"},
    "deploymentMode": "Knative",
    "components": {
      "predictor": {
        "address": {"url": "http://iris-predictor.ml.svc.cluster.local"},
        "latestCreatedRevision": "iris-predictor-00002",
        "latestReadyRevision": "iris-predictor-00002",
        "latestRolledoutRevision": "iris-predictor-00001",
        "traffic": [
          {"latestRevision": true, "percent": 5, "revisionName": "iris-predictor-00002", "tag": "latest",
           "url": "https://latest-iris-predictor.ml.example.com"},
          {"latestRevision": false, "percent": 95, "revisionName": "iris-predictor-00001", "tag": "prev",
           "url": "https://prev-iris-predictor.ml.example.com"}
        ],
        "url": "https://iris-predictor.ml.example.com"
      }
    },
    "conditions": [
      {"lastTransitionTime": "2026-08-01T12:00:20Z", "status": "True", "type": "IngressReady"},
      {"lastTransitionTime": "2026-08-01T12:00:19Z", "severity": "Info", "status": "True",
       "type": "LatestDeploymentReady"},
      {"lastTransitionTime": "2026-08-01T12:00:19Z", "severity": "Info", "status": "True",
       "type": "PredictorConfigurationReady"},
      {"lastTransitionTime": "2026-08-01T12:00:20Z", "status": "True", "type": "PredictorReady"},
      {"lastTransitionTime": "2026-08-01T12:00:20Z", "severity": "Info", "status": "True",
       "type": "PredictorRouteReady"},
      {"lastTransitionTime": "2026-08-01T12:00:20Z", "status": "True", "type": "Ready"},
      {"lastTransitionTime": "2026-08-01T12:00:20Z", "severity": "Info", "status": "True", "type": "RoutesReady"}
    ],
    "modelStatus": {
      "copies": {"failedCopies": 0, "totalCopies": 1},
      "states": {"activeModelState": "Loaded", "targetModelState": "Loaded"},
      "transitionStatus": "UpToDate"
    },
    "observedGeneration": 3,
    "url": "https://iris.ml.example.com"
  }
})json";

void set_or_erase(Json& object, const char* key, const std::string& text) {
  if (text.empty()) {
    object.erase(key);
  } else {
    object[key] = text;
  }
}

}  // namespace

std::string iris() { return iris_text; }

std::string revision(int digit) { return digit == 0 ? "" : "iris-predictor-0000" + std::to_string(digit); }

std::string in_state(const State& state, const std::string& component) {
  Json object = Json::parse(iris_text);
  Json& spec = object["spec"][component];
  if (spec.is_null()) spec = Json::object();
  if (state.percent) {
    spec["canaryTrafficPercent"] = *state.percent;
  } else {
    spec.erase("canaryTrafficPercent");
  }
  Json& status = object["status"]["components"][component];
  set_or_erase(status, "latestCreatedRevision", revision(state.created));
  set_or_erase(status, "latestReadyRevision", revision(state.ready));
  set_or_erase(status, "latestRolledoutRevision", revision(state.rolledout));
  set_or_erase(status, "previousRolledoutRevision", revision(state.previous));
  status["traffic"] = Json::array();
  for (const Share& share : state.traffic) {
    Json entry = {{"revisionName", revision(share.digit)}, {"percent", share.percent}};
    set_or_erase(entry, "tag", share.tag);
    status["traffic"].push_back(std::move(entry));
  }
  return object.dump();
}

std::string with(std::string_view object, const std::string& pointer, std::string_view value) {
  Json json = Json::parse(object);
  json[Json::json_pointer(pointer)] = Json::parse(value);
  return json.dump();
}

std::string without(std::string_view object, const std::string& pointer) {
  const Json remove = {{{"op", "remove"}, {"path", pointer}}};
  return Json::parse(object).patch(remove).dump();
}

std::string at(std::string_view object, const std::string& pointer) {
  const Json json = Json::parse(object);
  const Json::json_pointer place(pointer);
  return json.contains(place) ? json.at(place).dump() : "absent";
}

std::optional<std::string> patched(std::string_view object, std::string_view patch) {
  try {
    return Json::parse(object).patch(Json::parse(patch)).dump();
  } catch (const Json::other_error& failed_test) {
    return std::nullopt;
  }
}

std::vector<std::string> differences(std::string_view before, std::string_view after) {
  std::vector<std::string> paths;
  for (const Json& operation : Json::diff(Json::parse(before), Json::parse(after))) paths.push_back(operation["path"]);
  return paths;
}

std::string page(const std::vector<std::string>& objects, const std::string& continue_token) {
  Json list = {{"apiVersion", "serving.kserve.io/v1beta1"},
               {"kind", "InferenceServiceList"},
               {"metadata", {{"resourceVersion", "48300"}, {"continue", continue_token}}},
               {"items", Json::array()}};
  for (const std::string& object : objects) list["items"].push_back(Json::parse(object));
  return list.dump();
}

Rollout rollout(std::string_view object) {
  Result<Rollout> decoded = decode_rollout(object);
  if (!decoded) throw std::runtime_error(decoded.error().message);
  return *decoded;
}

ComponentRollout predictor(std::string_view object) {
  const Rollout whole = rollout(object);
  const ComponentRollout* found = whole.find(Component::predictor);
  if (found == nullptr) throw std::runtime_error("no predictor");
  return *found;
}

}  // namespace canaryd::traffic::sample
