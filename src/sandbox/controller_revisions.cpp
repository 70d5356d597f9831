#include <algorithm>

#include "controller.hpp"

namespace canaryd::sandbox {

namespace {

ApiPath path_of(const Key& revision) { return {&resource_of(Kind::revision), revision.ns, revision.name, false}; }

}  // namespace

// A person, or Knative's garbage collection, deleted the object: its pods are gone with it.
void Controller::notice_deleted(const Key& service, Component& component) {
  for (RevisionState& revision : component.knative.revisions) {
    const Key key{service.ns, revision.name};
    if (revision.deleted || !component.published.contains(revision.name)) continue;
    if (objects_.read(Kind::revision, key)) continue;
    revision.deleted = true;
    component.published.erase(revision.name);
    component.ready_at.erase(revision.name);
    Deployment deployment = traffic_.deployment(key);
    component.deleted[revision.name] = deployment;
    deployment.pods = 0;
    traffic_.set_deployment(key, deployment);
  }
}

void Controller::turn_ready(Component& component) {
  const SteadyTime now = clock_.steady();
  for (RevisionState& revision : component.knative.revisions) {
    const auto due = component.ready_at.find(revision.name);
    if (due == component.ready_at.end() || now < due->second) continue;
    revision.health = {};
    component.ready_at.erase(due);
  }
}

void Controller::publish_revisions(const Key& service, const std::string& name, Component& component) {
  std::size_t number = 0;
  for (const RevisionState& revision : component.knative.revisions) {
    ++number;
    if (revision.deleted) continue;
    const Key key{service.ns, revision.name};
    const auto& shares = component.knative.traffic;
    const bool active =
        std::any_of(shares.begin(), shares.end(), [&](const Share& share) { return share.revision == revision.name; });
    const RevisionView view{name, number, revision.health, active};
    objects_.edit(
        path_of(key), "controller", [&](Json& object) { write_revision(object, service, view, now_text()); }, true);
    component.published.insert(revision.name);
    if (const auto before = component.deleted.extract(revision.name)) traffic_.set_deployment(key, before.mapped());
  }
}

const RevisionState* Controller::find_revision(const Key& revision, Key* service) const {
  for (auto at = states_.lower_bound({revision.ns, ""}); at != states_.end() && at->first.ns == revision.ns; ++at) {
    for (const auto& [name, component] : at->second) {
      const RevisionState* found = component.knative.find(revision.name);
      if (found == nullptr) continue;
      if (service != nullptr) *service = at->first;
      return found;
    }
  }
  return nullptr;
}

std::optional<Health> Controller::health(const Key& revision) const {
  const std::lock_guard lock(mutex_);
  const RevisionState* found = find_revision(revision, nullptr);
  return found == nullptr ? std::nullopt : std::optional(found->health);
}

bool Controller::set_health(const Key& revision, const Health& health) {
  Key service;
  {
    const std::lock_guard lock(mutex_);
    if (find_revision(revision, &service) == nullptr) return false;
    for (auto& [name, component] : states_[service]) {
      component.ready_at.erase(revision.name);
      for (RevisionState& state : component.knative.revisions) {
        if (state.name == revision.name) state.health = health;
      }
    }
  }
  enqueue(service);
  return true;
}

}  // namespace canaryd::sandbox
