#include "look.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "canaryd/base/time_text.hpp"

namespace canaryd::property {

namespace {

// Empty where it is absent.
Json part(const Json& object, const std::string& path) {
  const Json::json_pointer pointer(path);
  return object.contains(pointer) ? object.at(pointer) : Json::object();
}

std::string owner_of(const Json& object, const std::string& component) {
  for (const auto& entry : part(object, "/metadata/managedFields")) {
    const Json::json_pointer field("/fieldsV1/f:spec/f:" + component + "/f:canaryTrafficPercent");
    if (entry.contains(field)) return entry["manager"];
  }
  return "";
}

Look look_at(const Json& object, const std::string& component) {
  Look look;
  look.component = component;
  const Json& spec = object.at("spec").at(component);
  if (spec.contains("canaryTrafficPercent")) look.percent = spec["canaryTrafficPercent"].get<std::int64_t>();
  const Json status = part(object, "/status/components/" + component);
  look.created = status.value("latestCreatedRevision", "");
  look.ready = status.value("latestReadyRevision", "");
  look.rolledout = status.value("latestRolledoutRevision", "");
  look.previous = status.value("previousRolledoutRevision", "");
  for (const auto& share : status.value("traffic", Json::array())) {
    look.traffic.emplace_back(share.value("revisionName", ""), share.value("percent", 0));
  }
  look.owner = owner_of(object, component);
  std::string type = component + (component == "explainer" ? "RoutesReady" : "RouteReady");
  type[0] = static_cast<char>(type[0] - 'a' + 'A');
  for (const auto& condition : part(object, "/status/conditions")) {
    if (condition.value("type", "") == type) look.route_ready = condition.value("status", "") == "True";
  }
  return look;
}

Json without_traffic(Json object) {
  for (auto& [component, spec] : object["spec"].items()) spec.erase("canaryTrafficPercent");
  object.erase("status");
  for (const char* key : {"managedFields", "generation", "resourceVersion"}) object["metadata"].erase(key);
  return object;
}

}  // namespace

std::int64_t Look::share_of(const std::string& revision) const {
  std::int64_t sum = 0;
  for (const auto& [name, share] : traffic) sum += name == revision ? share : 0;
  return sum;
}

const Look& ServiceLook::of(const std::string& component) const {
  return *std::find_if(components.begin(), components.end(),
                       [&](const Look& look) { return look.component == component; });
}

ServiceLook look_at(const Json& object) {
  const Json& metadata = object.at("metadata");
  ServiceLook service;
  service.uid = metadata.at("uid");
  service.created = *parse_rfc3339(metadata.at("creationTimestamp").get<std::string>());
  for (const char* component : {"predictor", "transformer", "explainer"}) {
    if (object.at("spec").contains(component)) service.components.push_back(look_at(object, component));
  }
  return service;
}

bool differ_in_traffic_only(const Json& before, const Json& after) {
  return without_traffic(before) == without_traffic(after);
}

}  // namespace canaryd::property
