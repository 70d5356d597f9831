#include "knative_model.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "canaryd/base/time_text.hpp"

namespace canaryd::property {

namespace {

using State = ModelRevision::State;

std::string numbered(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "-" + std::string(5 - std::min<std::size_t>(5, digits.size()), '0') + digits;
}

std::optional<std::int64_t> percent_of(const Json& spec) {
  const auto found = spec.find("canaryTrafficPercent");
  return found == spec.end() ? std::nullopt : std::optional(found->get<std::int64_t>());
}

// All of the object that makes a revision when it changes: annotations too, the percent not.
std::string template_of(const Json& object, const std::string& component) {
  Json spec = object.at("spec").at(component);
  spec.erase("canaryTrafficPercent");
  return spec.dump() + object.at("metadata").value("annotations", Json::object()).dump();
}

std::vector<ModelShare> targets_for(std::optional<std::int64_t> percent, const std::string& rolledout) {
  if (!percent || rolledout.empty()) return {{"", 100, true}};
  std::vector<ModelShare> targets{{"", *percent, true}};
  if (*percent < 100) targets.push_back({rolledout, 100 - *percent, false});
  return targets;
}

// KServe writes the Knative Service; Knative refuses it whole when a share is out of range.
void write_service(KnativeModel& k, const Json& object, WallTime now) {
  const auto percent = percent_of(object.at("spec").at(k.component));
  if (percent && (*percent < 0 || *percent > 100)) return;
  k.wanted = targets_for(percent, k.rolledout);
  std::string text = template_of(object, k.component);
  if (text == k.template_text) return;
  k.template_text = std::move(text);
  ModelRevision revision;
  revision.name =
      object.at("metadata").at("name").get<std::string>() + "-" + k.component + numbered(k.revisions.size() + 1);
  revision.sick = k.next_sick;
  revision.created = revision.changed = now;
  k.latest_created = revision.name;
  k.revisions.push_back(std::move(revision));
}

// The newest Ready revision; never one older than it was.
void follow_readiness(KnativeModel& k, WallTime now) {
  if (k.revisions.empty()) return;
  ModelRevision& newest = k.revisions.back();
  if (newest.state == State::starting && k.next_starts && newest.created < now) {
    newest.state = State::ready;
    newest.changed = now;
  }
  for (const auto& revision : k.revisions) {
    if (revision.state == State::ready && !revision.deleted && revision.name > k.latest_ready) {
      k.latest_ready = revision.name;
    }
  }
}

// Nothing moves while a target is missing or not Ready. The status shows new traffic before the ingress is programmed.
void route(KnativeModel& k) {
  auto targets = k.wanted;
  for (auto& target : targets) {
    if (target.latest) target.revision = k.latest_ready;
    const auto* revision = k.find(target.revision);
    if (revision != nullptr && !revision->deleted && revision->state == State::ready) continue;
    k.route = revision == nullptr || revision->deleted || revision->state == State::failed ? "False" : "Unknown";
    k.route_reason = revision == nullptr || revision->deleted ? "RevisionMissing" : "RevisionNotReady";
    return;
  }
  const bool moves = targets != k.traffic;
  k.traffic = std::move(targets);
  k.route = moves ? "Unknown" : "True";
  k.route_reason = moves ? "IngressNotConfigured" : "";
}

// What counts as rolled out. The second branch is trap 1: below 100 with nothing in flight the previous one comes back.
void remember_rolledout(KnativeModel& k) {
  std::map<std::string, std::int64_t> sums;
  for (const auto& share : k.traffic) sums[share.revision] += share.percent;
  for (const auto& share : k.traffic) {
    if (!share.latest || share.revision != k.latest_ready) continue;
    if (k.rolledout != k.latest_ready) {
      if (share.percent != 100) continue;
      k.previous_rolledout = k.rolledout;
      k.rolledout = k.latest_ready;
    } else if (k.latest_ready == k.latest_created && share.percent < 100 && sums[share.revision] == 100 &&
               !k.previous_rolledout.empty()) {
      k.rolledout = k.previous_rolledout;
    }
  }
}

void set_name(Json& status, const char* key, const std::string& name) {
  if (name.empty()) {
    status.erase(key);
  } else {
    status[key] = name;
  }
}

std::string condition_prefix(const std::string& component) {
  std::string name = component;
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

void set_condition(Json& conditions, const std::string& type, const std::string& status, const std::string& reason) {
  for (auto& condition : conditions) {
    if (condition["type"] != type) continue;
    condition["status"] = status;
    condition["reason"] = reason;
    return;
  }
  conditions.push_back({{"type", type}, {"status", status}, {"reason", reason}});
}

void write_status(const KnativeModel& k, Json& object) {
  Json& status = object["status"];
  status["deploymentMode"] = "Knative";
  Json& component = status["components"][k.component];
  if (component.is_null()) component = Json::object();
  set_name(component, "latestCreatedRevision", k.latest_created);
  set_name(component, "latestReadyRevision", k.latest_ready);
  set_name(component, "latestRolledoutRevision", k.rolledout);
  set_name(component, "previousRolledoutRevision", k.previous_rolledout);
  component["traffic"] = Json::array();
  for (const auto& share : k.traffic) {
    Json entry{{"revisionName", share.revision}, {"percent", share.percent}, {"latestRevision", share.latest}};
    if (!share.latest) entry["tag"] = "prev";
    component["traffic"].push_back(std::move(entry));
  }
  if (!status.contains("conditions")) status["conditions"] = Json::array();
  const auto* created = k.find(k.latest_created);
  const bool failed = created != nullptr && created->state == State::failed;
  const bool ready = k.route == "True" && created != nullptr && created->state == State::ready;
  const std::string prefix = condition_prefix(k.component);
  set_condition(status["conditions"], prefix + (k.component == "explainer" ? "RoutesReady" : "RouteReady"), k.route,
                k.route_reason);
  set_condition(status["conditions"], prefix + "Ready", ready ? "True" : failed ? "False" : "Unknown", "");
}

}  // namespace

const ModelRevision* KnativeModel::find(const std::string& name) const {
  const auto found = std::find_if(revisions.begin(), revisions.end(), [&](const auto& r) { return r.name == name; });
  return found == revisions.end() ? nullptr : &*found;
}

ModelRevision* KnativeModel::find(const std::string& name) {
  const auto found = std::find_if(revisions.begin(), revisions.end(), [&](const auto& r) { return r.name == name; });
  return found == revisions.end() ? nullptr : &*found;
}

std::string api_time(WallTime time) { return to_rfc3339(std::chrono::floor<std::chrono::seconds>(time)); }

bool reconcile(KnativeModel& knative, Json& object, WallTime now) {
  const Json before = object.value("status", Json());
  const auto wanted = knative.wanted;
  write_service(knative, object, now);
  follow_readiness(knative, now);
  route(knative);
  remember_rolledout(knative);
  write_status(knative, object);
  return before != object["status"] || wanted != knative.wanted;
}

std::string revision_json(const ModelRevision& revision) {
  const char* ready = revision.state == State::ready ? "True" : revision.state == State::failed ? "False" : "Unknown";
  return Json{
      {"kind", "Revision"},
      {"metadata", {{"name", revision.name}, {"creationTimestamp", api_time(revision.created)}}},
      {"status",
       {{"conditions",
         Json::array({{{"type", "Ready"}, {"status", ready}, {"lastTransitionTime", api_time(revision.changed)}}})}}}}
      .dump();
}

}  // namespace canaryd::property
