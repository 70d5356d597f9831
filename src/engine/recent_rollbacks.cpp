#include "recent_rollbacks.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/policy/decide.hpp"

namespace canaryd::engine {

namespace {

using traffic::ComponentRollout;
using traffic::ConditionStatus;

bool is_blocked(const ComponentRollout& c) {
  return c.route.status == ConditionStatus::is_false || c.ready.status == ConditionStatus::is_false;
}

// The component as a newer version of the same object has it; nullptr where it tells nothing.
const ComponentRollout* later(const std::optional<traffic::Rollout>& copy, const Uid& uid, std::int64_t generation,
                              traffic::Component component) {
  if (!copy || copy->uid != uid || copy->generation <= generation) return nullptr;
  return copy->find(component);
}

}  // namespace

RecentRollbacks::RecentRollbacks()
    : acts_("canaryd_last_rollback_timestamp_seconds", "When this instance rolled the canary back; for an hour after."),
      undone_("canaryd_rollback_undone_timestamp_seconds",
              "When another manager gave a rolled-back canary traffic again; for an hour after.") {}

void RecentRollbacks::add(const Intent& intent, WallTime now) {
  for (const auto& change : intent.changes) {
    const auto component = traffic::component_from(change.component);
    if (!component) continue;
    RecentAct act;
    act.target = intent.target;
    act.component = *component;
    act.revision = Revision(change.canary);
    act.record = intent.id;
    act.at = now;
    act.uid = intent.uid;
    act.generation = intent.generation;
    acts_.add(std::move(act));
  }
}

void RecentRollbacks::look(const Find& find, WallTime now) {
  undone_.forget_old(now);
  acts_.walk(now, [&](RecentAct& act) {
    if (act.marked) return;
    const auto copy = find(act.target);
    const auto* c = later(copy, act.uid, act.generation, act.component);
    // An absent percent gives the newest ready revision everything.
    if (c == nullptr || c->latest_ready != act.revision || c->raw_percent == 0) return;
    act.marked = true;
    RecentAct undone = act;
    undone.manager = c->percent_manager;
    undone.at = now;
    undone_.add(std::move(undone));
  });
}

std::vector<PendingRollback> RecentRollbacks::pending(const Find& find, WallTime now) const {
  std::vector<PendingRollback> out;
  for (const auto& act : acts_.recent(now)) {
    const auto copy = find(act.target);
    const auto* c = later(copy, act.uid, act.generation, act.component);
    if (c == nullptr || c->raw_percent != 0) continue;
    const bool shown = c->share_of(act.revision) == 0 && c->route.status == ConditionStatus::is_true;
    if (!shown) out.push_back({act.target, act.component, act.revision, is_blocked(*c)});
  }
  return out;
}

std::vector<MetricFamily> RecentRollbacks::series(WallTime now) const {
  return {acts_.series(now), undone_.series(now)};
}

std::vector<PendingRollback> pending_rollbacks(const traffic::Rollout& rollout) {
  std::vector<PendingRollback> out;
  for (const auto& c : rollout.components) {
    if (c.raw_percent != 0 || !policy::is_exposed(c)) continue;
    out.push_back({rollout.target, c.component, c.latest_ready, is_blocked(c)});
  }
  return out;
}

MetricFamily unconfirmed_series(std::vector<PendingRollback> pending) {
  std::sort(pending.begin(), pending.end());
  pending.erase(std::unique(pending.begin(), pending.end()), pending.end());
  MetricFamily family{"canaryd_rollback_unconfirmed",
                      "1 for a canary that is set to 0 while status does not show it without traffic.",
                      {}};
  for (const auto& one : pending) {
    family.samples.push_back({{{"namespace", one.target.ns.str()},
                               {"inferenceservice", one.target.name.str()},
                               {"component", name_of(one.component)},
                               {"revision", one.revision.str()},
                               {"reason", one.blocked ? "rollback_blocked" : "rollback_pending"}},
                              1});
  }
  return family;
}

}  // namespace canaryd::engine
