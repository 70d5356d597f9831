#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"

namespace canaryd::engine {

// Which bad alerts fire for which service, as far as they were delivered. An alert counts until it is resolved, or was
// not repeated for five minutes (the shipped route repeats each minute). Old ones are dropped at 10,000 services;
// what cannot be remembered then counts for every service. Safe from any thread.
class AlertMemory {
 public:
  explicit AlertMemory(const Clock& clock) : clock_(clock) {}

  void note(const alert::Signal& signal);                       // one mapped to rollback or hold, with a target
  std::vector<std::string> firing(const Target& target) const;  // names, each once

 private:
  struct Seen {
    std::string name;
    SteadyTime at;
    WallTime starts_at;
  };
  void drop_old(SteadyTime now);
  SteadyTime dropped_at_;
  std::optional<SteadyTime> overflowed_at_;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<Target, std::map<std::string, Seen>> by_target_;  // by fingerprint
};

}  // namespace canaryd::engine
