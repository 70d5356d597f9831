#include "controller.hpp"

#include <algorithm>

#include "canaryd/base/time_text.hpp"

namespace canaryd::sandbox {

namespace {

constexpr std::array component_names{"predictor", "transformer", "explainer"};

ApiPath path_of(Kind kind, const Key& key, bool status = false) {
  return {&resource_of(kind), key.ns, key.name, status};
}

// What a revision is made from. Annotations and labels of the InferenceService propagate to it: writing one makes a new
// revision without moving metadata.generation.
std::string template_of(const Json& object, const std::string& component) {
  Json spec = object["spec"][component];
  spec.erase("canaryTrafficPercent");
  const Json& metadata = object["metadata"];
  return dump(spec) + dump(member(metadata, "annotations")) + dump(member(metadata, "labels"));
}

bool is_standard(const Json& object) {
  const std::string mode = text_member(member(object["metadata"], "annotations"), "serving.kserve.io/deploymentMode");
  return mode == "Standard" || mode == "RawDeployment";
}

ComponentWish wish_of(const Key& service, const Json& object, const std::string& component) {
  ComponentWish wish;
  wish.service = service.name + "-" + component;
  wish.template_text = template_of(object, component);
  const Json& percent = member(object["spec"][component], "canaryTrafficPercent");
  if (percent.is_number_integer()) wish.percent = percent.get<std::int64_t>();
  wish.tag_routing =
      text_member(member(object["metadata"], "annotations"), "serving.kserve.io/enable-tag-routing") == "true";
  return wish;
}

Rolledout rolledout_of(const Json& object, const std::string& component) {
  const Json& status = member(member(member(object, "status"), "components"), component.c_str());
  return {text_member(status, "latestRolledoutRevision"), text_member(status, "previousRolledoutRevision")};
}

}  // namespace

Controller::Controller(Objects& objects, ModelTraffic& traffic, const Clock& clock, std::chrono::milliseconds delay)
    : objects_(objects), traffic_(traffic), clock_(clock), delay_(delay) {}

Controller::~Controller() { stop(); }

void Controller::start() {
  thread_ = std::thread([this] { run(); });
}

void Controller::stop() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  queued_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Controller::enqueue(const Key& service) {
  const std::lock_guard lock(queue_mutex_);
  enqueue_at(service, clock_.steady() + delay_);
}

// The queue's lock is held. What is due earlier stays so: a reconcile looks at everything.
void Controller::enqueue_at(const Key& service, SteadyTime due) {
  const auto [entry, is_new] = queue_.try_emplace(service, due);
  if (!is_new) entry->second = std::min(entry->second, due);
  queued_.notify_all();
}

void Controller::set_delay(std::chrono::milliseconds delay) {
  const std::lock_guard lock(queue_mutex_);
  delay_ = delay;
}

void Controller::set_ingress_delay(std::chrono::milliseconds delay) {
  const std::lock_guard lock(queue_mutex_);
  ingress_delay_ = delay;
}

void Controller::set_paused(bool paused) {
  {
    const std::lock_guard lock(queue_mutex_);
    paused_ = paused;
  }
  queued_.notify_all();
}

void Controller::run() {
  std::unique_lock lock(queue_mutex_);
  while (!stopping_) {
    if (paused_ || queue_.empty()) {
      queued_.wait(lock);
      continue;
    }
    const auto first = std::min_element(queue_.begin(), queue_.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    if (first->second > clock_.steady()) {
      queued_.wait_until(lock, SteadyTime(first->second));
      continue;
    }
    const Key service = first->first;
    queue_.erase(first);
    lock.unlock();
    reconcile_now(service);
    lock.lock();
  }
}

std::string Controller::now_text() const { return to_rfc3339(clock_.now()).substr(0, 19) + "Z"; }

void Controller::forget(const Key& service) {
  for (const auto& [name, component] : states_[service]) {
    traffic_.set_split(service, name, {});
    for (const RevisionState& revision : component.knative.revisions) {
      (void)objects_.remove(path_of(Kind::revision, {service.ns, revision.name}), {"controller", false, false, false});
    }
  }
  states_.erase(service);
  uids_.erase(service);
}

void Controller::reconcile_now(const Key& service) {
  const std::lock_guard lock(mutex_);
  const auto object = objects_.read(Kind::inference_service, service);
  if (!object || !member(*object, "spec").is_object()) {
    forget(service);
    return;
  }
  const std::string uid = text_member(object->at("metadata"), "uid");
  if (const auto known = uids_.find(service); known != uids_.end() && known->second != uid) forget(service);
  uids_[service] = uid;
  if (is_standard(*object)) {
    objects_.edit(path_of(Kind::inference_service, service, true), "manager",
                  [&](Json& stored) { stored["status"] = standard_status(member(stored, "status"), now_text()); });
    return;
  }
  std::map<std::string, ComponentStatus> statuses;
  for (const char* component : component_names) {
    if (object->at("spec").contains(component)) {
      reconcile_component(service, *object, component, statuses[component]);
    } else if (states_[service].erase(component) != 0) {
      traffic_.set_split(service, component, {});
    }
  }
  // The traffic moves first, as on a cluster: status follows what is routed.
  for (const auto& [name, component] : states_[service]) traffic_.set_split(service, name, component.programmed);
  objects_.edit(path_of(Kind::inference_service, service, true), "manager", [&](Json& stored) {
    stored["status"] = service_status(service, statuses, member(stored, "status"), now_text());
  });
  enqueue_next(service);
}

void Controller::reconcile_component(const Key& service, const Json& object, const std::string& name,
                                     ComponentStatus& status) {
  Component& component = states_[service][name];
  KnativeService& knative = component.knative;
  ComponentWish wish = wish_of(service, object, name);
  const auto next = next_.find({service, name});
  if (next != next_.end()) wish.next = next->second.health;
  const std::size_t revisions = knative.revisions.size();
  notice_deleted(service, component);
  turn_ready(component);
  status.rolledout = rolledout_of(object, name);
  reconcile(wish, knative, status.rolledout);
  if (knative.revisions.size() > revisions && next != next_.end()) {
    if (next->second.deployment) {
      traffic_.set_deployment({service.ns, knative.latest_created}, *next->second.deployment);
    }
    if (next->second.ready_after) {
      component.ready_at[knative.latest_created] = clock_.steady() + *next->second.ready_after;
    }
    next_.erase(next);
  }
  program(component);
  publish_revisions(service, name, component);
  status.knative = knative;
  status.ingress_ready = component.programmed == knative.traffic;
}

void Controller::program(Component& component) {
  if (component.programmed == component.knative.traffic) {
    component.programmed_at.reset();
    return;
  }
  const SteadyTime now = clock_.steady();
  if (!component.programmed_at) {
    const std::lock_guard lock(queue_mutex_);
    component.programmed_at = now + ingress_delay_;
  }
  if (now < *component.programmed_at) return;
  component.programmed = component.knative.traffic;
  component.programmed_at.reset();
}

// What will change by itself, with no write.
void Controller::enqueue_next(const Key& service) {
  const std::lock_guard lock(queue_mutex_);
  for (const auto& [name, component] : states_[service]) {
    if (component.programmed_at) enqueue_at(service, *component.programmed_at);
    for (const auto& [revision, due] : component.ready_at) enqueue_at(service, due);
  }
}

void Controller::set_next(const Key& service, const std::string& component, NextRevision next) {
  const std::lock_guard lock(mutex_);
  next_[{service, component}] = std::move(next);
}

void Controller::adopt(const Key& from, const Key& to) {
  const std::lock_guard lock(mutex_);
  const auto renamed = [&](std::string& text) {
    for (std::size_t at = text.find(from.name); at != std::string::npos;
         at = text.find(from.name, at + to.name.size())) {
      text.replace(at, from.name.size(), to.name);
    }
  };
  Components copy = states_[from];
  for (auto& [name, component] : copy) {
    KnativeService& knative = component.knative;
    component.published.clear();  // bulk loading makes no Revision objects
    renamed(knative.template_text);
    renamed(knative.latest_created);
    renamed(knative.latest_ready);
    for (RevisionState& revision : knative.revisions) renamed(revision.name);
    for (Share& share : knative.targets) renamed(share.revision);
    for (Share& share : knative.traffic) renamed(share.revision);
    component.programmed = knative.traffic;
  }
  states_[to] = std::move(copy);
}

}  // namespace canaryd::sandbox
