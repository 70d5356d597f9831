#include "service_status.hpp"

namespace canaryd::sandbox {

namespace {

struct Condition {
  std::string type;
  bool ready;
  std::string reason;
  std::string message;
  bool info = false;  // severity Info: does not count for Ready
};

Json condition_list(const std::vector<Condition>& conditions, const Json& old, const std::string& now) {
  Json list = Json::array();
  for (const Condition& condition : conditions) {
    Json entry{{"type", condition.type}, {"status", condition.ready ? "True" : "False"}, {"lastTransitionTime", now}};
    if (condition.info) entry["severity"] = "Info";
    if (!condition.ready) {
      entry["reason"] = condition.reason;
      entry["message"] = condition.message;
    }
    for (const Json& before : member(old, "conditions")) {
      if (before["type"] == entry["type"] && before["status"] == entry["status"]) {
        entry["lastTransitionTime"] = before["lastTransitionTime"];
      }
    }
    list.push_back(std::move(entry));
  }
  return list;
}

std::string url_of(const std::string& host, const std::string& ns) {
  return "http://" + host + "." + ns + ".example.com";
}

Json component_json(const Key& service, const std::string& component, const ComponentStatus& status) {
  Json json = Json::object();
  const auto set = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  set("latestCreatedRevision", status.knative.latest_created);
  set("latestReadyRevision", status.knative.latest_ready);
  set("latestRolledoutRevision", status.rolledout.latest);
  set("previousRolledoutRevision", status.rolledout.previous);
  const std::string host = service.name + "-" + component;
  for (const Share& share : status.knative.traffic) {
    Json entry{{"latestRevision", share.latest}, {"percent", share.percent}, {"revisionName", share.revision}};
    if (!share.tag.empty()) {
      entry["tag"] = share.tag;
      entry["url"] = url_of(share.tag + "-" + host, service.ns);
    }
    json["traffic"].push_back(std::move(entry));
  }
  if (status.knative.route_problem.empty()) json["url"] = url_of(host, service.ns);
  return json;
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

Json service_status(const Key& service, const std::map<std::string, ComponentStatus>& components, const Json& old,
                    const std::string& now) {
  Json status{{"deploymentMode", "Knative"}, {"components", Json::object()}};
  std::vector<Condition> conditions;
  bool all_ready = true;
  bool all_routed = true;
  bool all_deployed = true;
  int generation = 0;
  for (const auto& [component, state] : components) {
    status["components"][component] = component_json(service, component, state);
    const RevisionState* created = state.knative.find(state.knative.latest_created);
    const bool deployed = created != nullptr && created->ready;
    const bool routed = state.knative.route_problem.empty();
    const std::string failed = "Revision \"" + state.knative.latest_created + "\" failed to become ready.";
    const std::string name = capitalised(component);
    // KServe's own spelling: PredictorRouteReady, TransformerRouteReady, ExplainerRoutesReady.
    const std::string route = name + (component == "explainer" ? "RoutesReady" : "RouteReady");
    conditions.push_back({name + "ConfigurationReady", deployed, "RevisionFailed", failed, true});
    conditions.push_back({name + "Ready", deployed && routed, routed ? "RevisionFailed" : "RevisionMissing",
                          routed ? failed : state.knative.route_problem});
    conditions.push_back({route, routed, "RevisionMissing", state.knative.route_problem, true});
    all_deployed = all_deployed && deployed;
    all_routed = all_routed && routed;
    all_ready = all_ready && deployed && routed;
    if (component == "predictor" || generation == 0) generation = state.knative.generation;
  }
  conditions.push_back({"IngressReady", all_routed, "Predictor ingress not created", ""});
  conditions.push_back({"LatestDeploymentReady", all_deployed, "RevisionFailed", "", true});
  conditions.push_back({"Ready", all_ready, "NotReady", "a component is not ready"});
  conditions.push_back({"RoutesReady", all_routed, "RevisionMissing", "", true});
  status["conditions"] = condition_list(conditions, old, now);
  status["modelStatus"] = {{"states", {{"activeModelState", "Loaded"}, {"targetModelState", "Loaded"}}},
                           {"transitionStatus", all_ready ? "UpToDate" : "InProgress"}};
  status["observedGeneration"] = generation;  // the Knative Service's, not the object's
  if (all_routed) status["url"] = url_of(service.name, service.ns);
  return status;
}

Json standard_status(const Json& old, const std::string& now) {
  return {{"deploymentMode", "Standard"},
          {"components", {{"predictor", Json::object()}}},
          {"conditions", condition_list({{"PredictorReady", true, "", ""}, {"Ready", true, "", ""}}, old, now)},
          {"observedGeneration", 1}};
}

void write_revision(Json& object, const Key& service, const std::string& component, const RevisionState& revision,
                    std::size_t number, const std::string& now) {
  const std::string configuration = service.name + "-" + component;
  object["metadata"]["labels"] = {{"serving.knative.dev/configuration", configuration},
                                  {"serving.knative.dev/configurationGeneration", std::to_string(number)},
                                  {"serving.knative.dev/service", configuration},
                                  {"serving.kserve.io/inferenceservice", service.name},
                                  {"component", component}};
  if (!object.contains("spec")) {
    object["spec"] = {{"containerConcurrency", 0},
                      {"timeoutSeconds", 300},
                      {"containers", {{{"name", "kserve-container"}, {"image", "example.com/model-server"}}}}};
  }
  const Json old = member(object, "status");
  const std::string reason = "ExitCode137";
  const std::string message = "Container failed with: OOMKilled";
  object["status"] = {{"observedGeneration", 1},
                      {"conditions", condition_list({{"ContainerHealthy", revision.ready, reason, message},
                                                     {"Ready", revision.ready, reason, message},
                                                     {"ResourcesAvailable", true, "", ""}},
                                                    old, now)}};
}

}  // namespace canaryd::sandbox
