#include "alert_memory.hpp"

#include <algorithm>

namespace canaryd::engine {

namespace {
constexpr auto lasts = std::chrono::minutes(5);
constexpr std::size_t most_targets = 10'000;
constexpr auto drop_interval = std::chrono::seconds(10);  // a walk over all of them
constexpr std::size_t most_of_a_target = 50;              // one that fires already holds: more add nothing
}  // namespace

void AlertMemory::note(const alert::Signal& signal) {
  if (!signal.target) return;
  const auto name = signal.alert.labels.find("alertname");
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  if (signal.alert.status == alert::AlertStatus::resolved) {
    const auto known = by_target_.find(*signal.target);
    if (known == by_target_.end()) return;
    // One that is late, of an earlier episode, says nothing about this one.
    const auto seen = known->second.find(signal.alert.fingerprint);
    if (seen != known->second.end() && seen->second.starts_at <= signal.alert.starts_at) known->second.erase(seen);
    if (known->second.empty()) by_target_.erase(known);
    return;
  }
  if (by_target_.size() >= most_targets && !by_target_.contains(*signal.target)) {
    if (now - dropped_at_ > drop_interval) drop_old(now);
    if (by_target_.size() >= most_targets) {
      overflowed_at_ = now;
      return;
    }
  }
  auto& alerts = by_target_[*signal.target];
  if (alerts.size() >= most_of_a_target && !alerts.contains(signal.alert.fingerprint)) return;
  alerts[signal.alert.fingerprint] = {name == signal.alert.labels.end() ? "an unnamed alert" : name->second, now,
                                      signal.alert.starts_at};
}

std::vector<std::string> AlertMemory::firing(const Target& target) const {
  const auto now = clock_.steady();
  std::vector<std::string> names;
  const std::lock_guard lock(mutex_);
  if (overflowed_at_ && now - *overflowed_at_ <= lasts) names.emplace_back("more alerts than can be remembered");
  const auto known = by_target_.find(target);
  if (known == by_target_.end()) return names;
  for (const auto& [fingerprint, seen] : known->second) {
    const bool old = now - seen.at > lasts;
    if (!old && std::find(names.begin(), names.end(), seen.name) == names.end()) names.push_back(seen.name);
  }
  return names;
}

void AlertMemory::drop_old(SteadyTime now) {
  dropped_at_ = now;
  for (auto entry = by_target_.begin(); entry != by_target_.end();) {
    std::erase_if(entry->second, [&](const auto& alert) { return now - alert.second.at > lasts; });
    entry = entry->second.empty() ? by_target_.erase(entry) : std::next(entry);
  }
}

}  // namespace canaryd::engine
