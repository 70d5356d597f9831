
#include <algorithm>
#include <array>
#include <utility>

#include "canaryd/base/time_text.hpp"
#include "model_service.hpp"

namespace canaryd::property {

namespace {

Json model(int number) {
  return {{"modelFormat", {{"name", "sklearn"}}}, {"storageUri", "s3://m/" + std::to_string(number)}};
}

Json percents_owned(const std::set<std::string>& components, bool owns_model) {
  Json spec = Json::object();
  for (const auto& component : components) spec["f:" + component]["f:canaryTrafficPercent"] = Json::object();
  if (owns_model) spec["f:predictor"]["f:model"] = Json::object();
  return {{"f:spec", spec}};
}

}  // namespace

const char* name_of(Trouble trouble) {
  constexpr std::array names{"none",        "unavailable",  "forbidden",    "throttled", "conflict", "rejected",
                             "answer lost", "request lost", "request late", "slow",      "too slow"};
  return names[static_cast<std::size_t>(trouble)];
}

ModelCluster::ModelCluster(ManualClock& clock) : clock_(clock) {}
ModelCluster::~ModelCluster() = default;

void ModelCluster::create_service(const std::string& name, bool with_transformer) {
  const std::lock_guard lock(mutex_);
  auto made = std::make_unique<Service>();
  Service& service = *made;
  service.object = {{"apiVersion", "serving.kserve.io/v1beta1"},
                    {"kind", "InferenceService"},
                    {"metadata",
                     {{"name", name},
                      {"namespace", home.str()},
                      {"uid", "uid-" + std::to_string(++uids_)},
                      {"generation", 0},
                      {"creationTimestamp", api_time(clock_.cluster_now())}}},
                    {"spec", Json::object()},
                    {"status", Json::object()}};
  Json next = service.object;
  for (const char* component : {"predictor", "transformer"}) {
    if (std::string(component) == "transformer" && !with_transformer) continue;
    KnativeModel knative;
    knative.component = component;
    service.components.push_back(std::move(knative));
    next["spec"][component] = {{"model", model(1)}};
  }
  services_[name] = std::move(made);
  store(service, next, "kubectl", "ADDED");
}

void ModelCluster::delete_service(const std::string& name) {
  const std::lock_guard lock(mutex_);
  say("DELETED", at(name).object);
  services_.erase(name);
}

void ModelCluster::apply_model(const std::string& name, const std::string& component,
                               std::optional<std::int64_t> percent, bool keeps_percent, bool sick, bool starts) {
  const std::lock_guard lock(mutex_);
  auto& service = at(name);
  auto& knative = component_of(service, component);
  knative.next_sick = sick;
  knative.next_starts = starts;
  Json next = service.object;
  Json& spec = next["spec"][component];
  spec["model"] = model(static_cast<int>(knative.revisions.size()) + 1);
  if (!keeps_percent) spec.erase("canaryTrafficPercent");
  if (!keeps_percent && percent) spec["canaryTrafficPercent"] = *percent;
  store(service, next, "kubectl");
}

void ModelCluster::set_percent(const std::string& name, const std::string& component,
                               std::optional<std::int64_t> percent, const std::string& manager) {
  const std::lock_guard lock(mutex_);
  auto& service = at(name);
  Json next = service.object;
  next["spec"][component].erase("canaryTrafficPercent");
  if (percent) next["spec"][component]["canaryTrafficPercent"] = *percent;
  store(service, next, manager);
}

// Trap 3: a new revision of each component, and the generation stays.
void ModelCluster::annotate(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& service = at(name);
  for (auto& knative : service.components) {
    const auto* newest = knative.find(knative.latest_created);
    knative.next_sick = newest != nullptr && newest->sick;  // the model in it is the same
    knative.next_starts = true;
  }
  Json next = service.object;
  next["metadata"]["annotations"]["note"] = std::to_string(version_);
  store(service, next, "kubectl");
}

void ModelCluster::set_state(const std::string& name, const std::string& component, const std::string& revision,
                             ModelRevision::State state) {
  const std::lock_guard lock(mutex_);
  at(name).settled = false;
  auto* found = component_of(at(name), component).find(revision);
  if (found == nullptr || found->state == state) return;
  found->state = state;
  found->changed = clock_.cluster_now();
}

void ModelCluster::delete_revision(const std::string& name, const std::string& component, const std::string& revision) {
  const std::lock_guard lock(mutex_);
  at(name).settled = false;
  if (auto* found = component_of(at(name), component).find(revision)) found->deleted = true;
}

void ModelCluster::edit_state(const std::string& key, std::optional<std::string> value) {
  const std::lock_guard lock(mutex_);
  Json state{{"metadata", {{"name", "canaryd-state"}, {"namespace", "canaryd"}}}};
  if (!state_.empty()) state = Json::parse(state_);
  if (value) {
    state["data"][key] = *value;
  } else if (state.contains("data")) {
    state["data"].erase(key);
  }
  state["metadata"]["resourceVersion"] = std::to_string(++version_);
  state_ = state.dump();
}

bool ModelCluster::reconcile(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& service = at(name);
  if (service.settled) return false;
  Json next = service.object;
  bool changed = false;
  bool waits = false;  // for a revision that comes up with time
  for (auto& knative : service.components) {
    changed = property::reconcile(knative, next, clock_.cluster_now()) || changed;
    const auto* newest = knative.find(knative.latest_created);
    waits = waits || (newest != nullptr && newest->state == ModelRevision::State::starting);
  }
  if (changed) store(service, next, "manager");
  service.settled = !changed && !waits;
  return changed;
}

void ModelCluster::reconcile_all(int rounds) {
  for (const auto& name : names()) {
    for (int round = 0; round < rounds && reconcile(name); ++round) {
    }
  }
}

KnativeModel& ModelCluster::component_of(Service& service, const std::string& component) {
  return *std::find_if(service.components.begin(), service.components.end(),
                       [&](const auto& k) { return k.component == component; });
}

void ModelCluster::store(Service& service, Json& next, const std::string& manager, const char* type) {
  own(service, next, manager);
  if (next["spec"] != service.object["spec"]) {
    next["metadata"]["generation"] = next["metadata"]["generation"].get<std::int64_t>() + 1;
  }
  next["metadata"]["resourceVersion"] = std::to_string(++version_);
  Json managed = Json::array();
  for (const auto& [name, owner] : service.owners) {
    if (owner.percents.empty() && !owner.owns_model) continue;
    managed.push_back({{"manager", name},
                       {"operation", "Update"},
                       {"time", api_time(owner.time)},
                       {"fieldsV1", percents_owned(owner.percents, owner.owns_model)}});
  }
  next["metadata"]["managedFields"] = std::move(managed);
  service.object = std::move(next);
  auto look = look_at(service.object);
  if (look != service.look) service.changed = clock_.steady();
  service.look = std::move(look);
  service.settled = false;
  say(type, service.object);
}

// An entry's time changes only when its manager changes a value; a new value takes the field over; after a removal
// nobody owns it.
void ModelCluster::own(Service& service, const Json& next, const std::string& manager) const {
  const WallTime now = clock_.cluster_now();
  for (const auto& [component, spec] : next["spec"].items()) {
    const Json before = service.object["spec"].value(component, Json::object());
    const Json old = before.value("canaryTrafficPercent", Json());
    const Json percent = spec.value("canaryTrafficPercent", Json());
    if (percent != old) {
      for (auto& [name, owner] : service.owners) owner.percents.erase(component);
      auto& owner = service.owners[manager];
      if (!percent.is_null()) owner.percents.insert(component);
      owner.time = now;
    }
    if (before.value("model", Json()) != spec.value("model", Json())) {
      service.owners[manager].owns_model = true;
      service.owners[manager].time = now;
    }
  }
}

void ModelCluster::say(const char* type, const Json& object) {
  events_.push_back(R"({"type":")" + std::string(type) + R"(","object":)" + object.dump() + "}");
}

bool ModelCluster::exists(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return services_.contains(name);
}

SteadyTime ModelCluster::changed_at(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return at(name).changed;
}

ServiceLook ModelCluster::look(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return at(name).look;
}

std::vector<Look> ModelCluster::looks(const std::string& name) const { return look(name).components; }

std::string ModelCluster::text(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return at(name).object.dump();
}

std::vector<std::string> ModelCluster::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, service] : services_) out.push_back(name);
  return out;
}

std::optional<ModelRevision> ModelCluster::revision(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [service_name, service] : services_) {
    for (const auto& knative : service->components) {
      if (const auto* found = std::as_const(knative).find(name)) return *found;
    }
  }
  return std::nullopt;
}

std::map<std::string, std::string> ModelCluster::state_data() const {
  const std::lock_guard lock(mutex_);
  if (state_.empty()) return {};
  return Json::parse(state_).value("data", std::map<std::string, std::string>());
}

std::optional<ServiceLook> ModelCluster::preview(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  auto components = at(name).components;
  Json object = at(name).object;
  for (int round = 0; round < 8; ++round) {
    for (auto& knative : components) {
      knative.next_starts = false;
      property::reconcile(knative, object, clock_.cluster_now());
    }
  }
  const bool moves = std::all_of(components.begin(), components.end(), [](const auto& k) { return k.route == "True"; });
  return moves ? std::optional(look_at(object)) : std::nullopt;
}

std::string ModelCluster::page() const {
  const std::lock_guard lock(mutex_);
  Json items = Json::array();
  for (const auto& [name, service] : services_) items.push_back(service->object);
  return Json{{"metadata", {{"resourceVersion", std::to_string(version_)}}}, {"items", items}}.dump();
}

std::vector<std::string> ModelCluster::events_since(std::size_t& position) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out(events_.begin() + static_cast<std::ptrdiff_t>(std::min(position, events_.size())),
                               events_.end());
  position = events_.size();
  return out;
}

}  // namespace canaryd::property
