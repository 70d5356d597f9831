#include "breaker_count.hpp"

#include <set>

namespace canaryd::engine {

namespace {
constexpr auto clock_skew = std::chrono::minutes(1);
constexpr auto longest_window = std::chrono::hours(24);
}  // namespace

void BreakerCount::note(const Target& target, const std::string& record) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  std::erase_if(acts_, [&](const auto& entry) { return now - entry.second.at > longest_window; });
  acts_[record] = {target, now};
}

bool BreakerCount::is_open(const policy::Breaker& breaker, const EachQuarantine& each_quarantine) const {
  const SteadyTime steady = clock_.steady();
  const WallTime wall = clock_.now();
  std::set<Target> services;
  const std::lock_guard lock(mutex_);
  for (const auto& [record, act] : acts_) {
    if (steady - act.at <= breaker.window) services.insert(act.target);
  }
  each_quarantine([&](const traffic::StateEntry& entry) {
    // One of the future is a clock's fault, or a hand's; it would keep the breaker open for good.
    if (entry.since > wall + clock_skew || wall - entry.since > breaker.window) return;
    // Our own is counted above: by its wall time it would count again when a clock that was put back comes to it.
    if (!acts_.contains(entry.record)) services.insert({entry.ns, entry.name});
  });
  return services.size() > breaker.max_rollbacks;
}

}  // namespace canaryd::engine
