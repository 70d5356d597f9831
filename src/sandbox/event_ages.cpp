#include "event_ages.hpp"

#include <algorithm>

namespace canaryd::sandbox {

namespace {
constexpr std::chrono::hours lifetime{1};
constexpr std::size_t most = 5000;
}  // namespace

std::vector<Key> EventAges::over(SteadyTime now) const {
  std::vector<Key> result;
  std::vector<std::pair<SteadyTime, Key>> alive;
  for (const auto& [key, time] : written_) {
    if (now - time >= lifetime) {
      result.push_back(key);
    } else if (written_.size() > most) {
      alive.emplace_back(time, key);
    }
  }
  if (alive.size() <= most) return result;
  std::sort(alive.begin(), alive.end());
  for (std::size_t i = 0; i + most < alive.size(); ++i) result.push_back(alive[i].second);
  return result;
}

}  // namespace canaryd::sandbox
