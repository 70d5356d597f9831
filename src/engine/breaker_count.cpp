#include "breaker_count.hpp"

#include <set>

namespace canaryd::engine {

namespace {
constexpr auto clock_skew = std::chrono::minutes(1);
}

void BreakerCount::note(const Target& target, WallTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(last_, [&](const auto& entry) { return now - entry.second > std::chrono::hours(24); });
  last_[target] = now;
}

bool BreakerCount::is_open(const policy::Breaker& breaker, const std::vector<traffic::StateEntry>& quarantines,
                           WallTime now) const {
  std::set<Target> services;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [target, at] : last_) {
      if (now - at <= breaker.window) services.insert(target);
    }
  }
  for (const auto& entry : quarantines) {
    // One of the future is a clock's fault, or a hand's; it would keep the breaker open for good.
    if (entry.since > now + clock_skew) continue;
    if (now - entry.since <= breaker.window) services.insert({entry.ns, entry.name});
  }
  return services.size() > breaker.max_rollbacks;
}

}  // namespace canaryd::engine
