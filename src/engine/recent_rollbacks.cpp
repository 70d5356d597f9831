#include "recent_rollbacks.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/policy/decide.hpp"

namespace canaryd::engine {

namespace {

using traffic::ComponentRollout;
using traffic::ConditionStatus;

constexpr auto kept_for = std::chrono::hours(1);
constexpr std::size_t most_kept = 100;

double unix_seconds(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

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

void RecentRollbacks::keep(std::vector<Entry>& entries, Entry entry) {
  std::erase_if(entries, [&](const Entry& other) { return other.is_about_same(entry); });
  if (entries.size() >= most_kept) entries.erase(entries.begin());
  entries.push_back(std::move(entry));
}

void RecentRollbacks::add(const Intent& intent, WallTime now) {
  const std::lock_guard lock(mutex_);
  for (const auto& change : intent.changes) {
    const auto component = traffic::component_from(change.component);
    if (!component) continue;
    keep(acts_,
         {intent.target, *component, Revision(change.canary), intent.uid, intent.generation, intent.id, "", now});
  }
}

void RecentRollbacks::look(const Find& find, WallTime now) {
  const std::lock_guard lock(mutex_);
  for (auto* entries : {&acts_, &undone_}) {
    std::erase_if(*entries, [&](const Entry& entry) { return now - entry.at > kept_for; });
  }
  for (auto& act : acts_) {
    if (act.undone) continue;
    const auto copy = find(act.target);
    const auto* c = later(copy, act.uid, act.generation, act.component);
    // An absent percent gives the newest ready revision everything.
    if (c == nullptr || c->latest_ready != act.revision || c->raw_percent == 0) continue;
    act.undone = true;
    Entry undone = act;
    undone.manager = c->percent_manager;
    undone.at = now;
    keep(undone_, std::move(undone));
  }
}

std::vector<PendingRollback> RecentRollbacks::pending(const Find& find, WallTime now) const {
  std::vector<PendingRollback> out;
  const std::lock_guard lock(mutex_);
  for (const auto& act : acts_) {
    if (now - act.at > kept_for) continue;
    const auto copy = find(act.target);
    const auto* c = later(copy, act.uid, act.generation, act.component);
    if (c == nullptr || c->raw_percent != 0) continue;
    const bool shown = c->share_of(act.revision) == 0 && c->route.status == ConditionStatus::is_true;
    if (!shown) out.push_back({act.target, act.component, act.revision, is_blocked(*c)});
  }
  return out;
}

MetricLabels RecentRollbacks::labels_of(const Entry& entry) {
  return {{"namespace", entry.target.ns.str()},
          {"inferenceservice", entry.target.name.str()},
          {"component", name_of(entry.component)},
          {"revision", entry.revision.str()},
          {"record", entry.record}};
}

std::vector<MetricFamily> RecentRollbacks::series(WallTime now) const {
  MetricFamily acts{
      "canaryd_last_rollback_timestamp_seconds", "When this instance rolled the canary back; for an hour after.", {}};
  MetricFamily undone{"canaryd_rollback_undone_timestamp_seconds",
                      "When another manager gave a rolled-back canary traffic again; for an hour after.",
                      {}};
  const std::lock_guard lock(mutex_);
  for (const auto& entry : acts_) {
    if (now - entry.at <= kept_for) acts.samples.push_back({labels_of(entry), unix_seconds(entry.at)});
  }
  for (const auto& entry : undone_) {
    if (now - entry.at > kept_for) continue;
    auto labels = labels_of(entry);
    labels.emplace_back("manager", entry.manager);
    undone.samples.push_back({std::move(labels), unix_seconds(entry.at)});
  }
  return {acts, undone};
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
