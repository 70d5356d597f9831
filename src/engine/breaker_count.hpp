#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/policy/breaker.hpp"
#include "canaryd/traffic/state_map.hpp"

namespace canaryd::engine {

// Which services were rolled back when: whether the breaker is open. Safe from any thread.
class BreakerCount {
 public:
  void note(const Target& target, WallTime now);

  // `quarantines` are those of canaryd-state: what was rolled back before a start, and by other replicas.
  bool is_open(const policy::Breaker& breaker, const std::vector<traffic::StateEntry>& quarantines, WallTime now) const;

 private:
  mutable std::mutex mutex_;
  std::map<Target, WallTime> last_;  // of the last day; a breaker's window is no longer
};

}  // namespace canaryd::engine
