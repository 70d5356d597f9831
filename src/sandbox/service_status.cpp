#include "service_status.hpp"

namespace canaryd::sandbox {

namespace {

struct Condition {
  std::string type;
  Truth status = Truth::yes;
  std::string reason;  // of one that is not True, and the message
  std::string message;
  bool info = false;  // severity Info: does not count for Ready
};

const char* text_of(Truth truth) {
  if (truth == Truth::yes) return "True";
  return truth == Truth::no ? "False" : "Unknown";
}

// Both must hold: a False outweighs an Unknown.
Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::unknown ? a : b;
}

Json condition_list(const std::vector<Condition>& conditions, const Json& old, const std::string& now) {
  Json list = Json::array();
  for (const Condition& condition : conditions) {
    Json entry{{"type", condition.type}, {"status", text_of(condition.status)}, {"lastTransitionTime", now}};
    if (condition.info) entry["severity"] = "Info";
    if (condition.status != Truth::yes) {
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
  if (status.knative.route_problem.empty() && status.ingress_ready) json["url"] = url_of(host, service.ns);
  return json;
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// What KServe takes over from the Knative Service's RoutesReady and ConfigurationsReady.
struct Parts {
  Condition route;
  Condition configuration;
};

Parts parts_of(const std::string& component, const ComponentStatus& state) {
  Parts parts;
  const std::string name = capitalised(component);
  // KServe's own spelling: PredictorRouteReady, TransformerRouteReady, ExplainerRoutesReady.
  parts.route.type = name + (component == "explainer" ? "RoutesReady" : "RouteReady");
  parts.route.info = true;
  if (!state.knative.route_problem.empty()) {
    parts.route.status = state.knative.route_failed ? Truth::no : Truth::unknown;
    parts.route.reason = "RevisionMissing";
    parts.route.message = state.knative.route_problem;
  } else if (!state.ingress_ready) {
    parts.route.status = Truth::unknown;
    parts.route.reason = "Uninitialized";
    parts.route.message = "Waiting for load balancer to be ready";
  }
  const RevisionState* created = state.knative.find(state.knative.latest_created);
  const std::string revision = "Revision \"" + state.knative.latest_created + "\" ";
  const Truth deployed = created == nullptr ? Truth::unknown : created->health.ready;
  parts.configuration = {name + "ConfigurationReady", deployed, "RevisionFailed", "", true};
  if (deployed == Truth::no) parts.configuration.message = revision + "failed to become ready.";
  if (deployed == Truth::unknown) {
    parts.configuration.reason = created == nullptr ? "RevisionMissing" : created->health.reason;
    parts.configuration.message = revision + "is not yet ready.";
  }
  return parts;
}

}  // namespace

Json service_status(const Key& service, const std::map<std::string, ComponentStatus>& components, const Json& old,
                    const std::string& now) {
  Json status{{"deploymentMode", "Knative"}, {"components", Json::object()}};
  std::vector<Condition> conditions;
  Truth all_routed = Truth::yes;
  Truth all_deployed = Truth::yes;
  int generation = 0;
  for (const auto& [component, state] : components) {
    status["components"][component] = component_json(service, component, state);
    const Parts parts = parts_of(component, state);
    const Truth ready = both(parts.configuration.status, parts.route.status);
    const Condition& cause = parts.route.status == ready ? parts.route : parts.configuration;
    conditions.push_back(parts.configuration);
    conditions.push_back({capitalised(component) + "Ready", ready, cause.reason, cause.message});
    conditions.push_back(parts.route);
    all_deployed = both(all_deployed, parts.configuration.status);
    all_routed = both(all_routed, parts.route.status);
    if (component == "predictor" || generation == 0) generation = state.knative.generation;
  }
  const Truth all_ready = both(all_deployed, all_routed);
  conditions.push_back({"IngressReady", all_routed, "Predictor ingress not created", ""});
  conditions.push_back({"LatestDeploymentReady", all_deployed, "RevisionFailed", "", true});
  conditions.push_back({"Ready", all_ready, "NotReady", "a component is not ready"});
  conditions.push_back({"RoutesReady", all_routed, "RevisionMissing", "", true});
  status["conditions"] = condition_list(conditions, old, now);
  status["modelStatus"] = {{"states", {{"activeModelState", "Loaded"}, {"targetModelState", "Loaded"}}},
                           {"transitionStatus", all_ready == Truth::yes ? "UpToDate" : "InProgress"}};
  status["observedGeneration"] = generation;  // the Knative Service's, not the object's
  if (all_routed == Truth::yes) status["url"] = url_of(service.name, service.ns);
  return status;
}

Json standard_status(const Json& old, const std::string& now) {
  return {
      {"deploymentMode", "Standard"},
      {"components", {{"predictor", Json::object()}}},
      {"conditions", condition_list({{"PredictorReady", Truth::yes, "", ""}, {"Ready", Truth::yes, "", ""}}, old, now)},
      {"observedGeneration", 1}};
}

void write_revision(Json& object, const Key& service, const RevisionView& revision, const std::string& now) {
  const std::string configuration = service.name + "-" + revision.component;
  object["metadata"]["labels"] = {{"serving.knative.dev/configuration", configuration},
                                  {"serving.knative.dev/configurationGeneration", std::to_string(revision.number)},
                                  {"serving.knative.dev/service", configuration},
                                  {"serving.kserve.io/inferenceservice", service.name},
                                  {"component", revision.component}};
  if (!object.contains("spec")) {
    object["spec"] = {{"containerConcurrency", 0},
                      {"timeoutSeconds", 300},
                      {"containers", {{{"name", "kserve-container"}, {"image", "example.com/model-server"}}}}};
  }
  const Json old = member(object, "status");
  const Health& health = revision.health;
  // One that is scaled to zero is Ready still: its pods come when requests do.
  const Truth active = revision.active ? Truth::yes : Truth::no;
  object["status"] = {
      {"observedGeneration", 1},
      {"conditions", condition_list({{"Active", active, "NoTraffic", "No traffic is routed to it.", true},
                                     {"ContainerHealthy", health.ready, health.reason, health.message},
                                     {"Ready", health.ready, health.reason, health.message},
                                     {"ResourcesAvailable", Truth::yes, "", ""}},
                                    old, now)}};
}

}  // namespace canaryd::sandbox
