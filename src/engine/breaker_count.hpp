#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/policy/breaker.hpp"
#include "canaryd/traffic/state_map.hpp"

namespace canaryd::engine {

// Which services were rolled back when: whether the breaker is open. What this process rolled back is measured by
// steady time; the quarantines of canaryd-state tell the rest by their wall time: what was rolled back before a start,
// and by other replicas. Safe from any thread.
class BreakerCount {
 public:
  // Shows each quarantine to the function that it is given.
  using EachQuarantine = std::function<void(const std::function<void(const traffic::StateEntry&)>&)>;

  explicit BreakerCount(const Clock& clock) : clock_(clock) {}

  // This process rolled the service back, now; `record` is the id of the records about it, and of its quarantine.
  void note(const Target& target, const std::string& record);

  // Looks at each quarantine: where many services are asked about, to be asked once.
  bool is_open(const policy::Breaker& breaker, const EachQuarantine& each_quarantine) const;

 private:
  struct Act {
    Target target;
    SteadyTime at;
  };
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Act> acts_;  // by record; of the last day: a breaker's window is no longer
};

}  // namespace canaryd::engine
