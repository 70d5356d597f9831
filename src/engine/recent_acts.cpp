#include "recent_acts.hpp"

#include <algorithm>
#include <utility>

#include "unix_seconds.hpp"

namespace canaryd::engine {

namespace {

constexpr auto kept_for = std::chrono::hours(1);
constexpr std::ptrdiff_t most_of_a_reason = 100;

bool is_too_old(const RecentAct& act, WallTime now) { return now - act.at > kept_for; }

MetricLabels labels_of(const RecentAct& act) {
  MetricLabels labels{{"namespace", act.target.ns.str()},
                      {"inferenceservice", act.target.name.str()},
                      {"component", name_of(act.component)},
                      {"revision", act.revision.str()}};
  if (act.reason) labels.emplace_back("reason", *act.reason);
  if (act.record) labels.emplace_back("record", *act.record);
  if (act.manager) labels.emplace_back("manager", *act.manager);
  return labels;
}

}  // namespace

void RecentActs::add(RecentAct act) {
  const std::lock_guard lock(mutex_);
  std::erase_if(acts_, [&](const RecentAct& other) { return other.is_about_same(act); });
  // A flood of one kind does not push out the others.
  const auto of_its_reason = [&](const RecentAct& other) { return other.reason == act.reason; };
  if (std::count_if(acts_.begin(), acts_.end(), of_its_reason) >= most_of_a_reason) {
    acts_.erase(std::find_if(acts_.begin(), acts_.end(), of_its_reason));
  }
  acts_.push_back(std::move(act));
}

void RecentActs::forget_old(WallTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(acts_, [&](const RecentAct& act) { return is_too_old(act, now); });
}

void RecentActs::walk(WallTime now, const std::function<void(RecentAct&)>& visit) {
  forget_old(now);
  const std::lock_guard lock(mutex_);
  for (auto& act : acts_) visit(act);
}

std::vector<RecentAct> RecentActs::recent(WallTime now) const {
  std::vector<RecentAct> out;
  const std::lock_guard lock(mutex_);
  for (const auto& act : acts_) {
    if (!is_too_old(act, now)) out.push_back(act);
  }
  return out;
}

MetricFamily RecentActs::series(WallTime now) const {
  MetricFamily family{name_, help_, {}};
  for (const auto& act : recent(now)) family.samples.push_back({labels_of(act), unix_seconds(act.at)});
  return family;
}

}  // namespace canaryd::engine
