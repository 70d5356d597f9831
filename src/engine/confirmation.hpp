#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "intent.hpp"

namespace canaryd::engine {

// Waits until the status shows what a patch asked for: the revision's shares sum to the wanted one AND the component's
// route condition is True (Knative writes status.traffic before the ingress is programmed). No threads of its own; safe
// from any thread. It hands out records; the caller writes them. Steady time: a clock that is put right is no delay.
class Confirmations {
 public:
  explicit Confirmations(std::string field_manager) : field_manager_(std::move(field_manager)) {}

  void add(const Intent& intent, std::chrono::milliseconds within, SteadyTime now);
  bool waits_for(const Target& target) const;
  // A newer version of an object (nullptr: it is gone): `confirmed`, or `unconfirmed` when someone took it back.
  std::vector<audit::Record> observe(const Target& target, const traffic::Rollout* rollout, SteadyTime now);
  // Those whose time is over: `unconfirmed`, once each; they are still confirmed when the status follows later.
  std::vector<audit::Record> overdue(const std::map<Target, traffic::Rollout>& copies, SteadyTime now);
  std::vector<Target> targets() const;
  std::size_t rollbacks() const;  // of those that wait

 private:
  struct Waiting {
    Intent intent;
    SteadyTime since;
    SteadyTime until;
    bool said_overdue = false;
  };
  const std::string field_manager_;
  mutable std::mutex mutex_;
  std::multimap<Target, Waiting> waiting_;
};

}  // namespace canaryd::engine
