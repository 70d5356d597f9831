#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/policy/breaker.hpp"
#include "canaryd/policy/policy.hpp"

namespace canaryd::property {

// What a story's canaryd is configured to do.
struct Setup {
  int services = 1;
  int replicas = 1;
  bool transformer = false;  // of the first service
  bool promotion = true;
  bool observe = false;
  bool restarts = true;  // new_revision_restarts
  bool freeze = false;   // each day from 13:00 to 13:30 UTC
  bool few_stages = false;
  bool independent = false;
  std::size_t max_rollbacks = 3;
  std::chrono::minutes dwell{10};

  std::vector<int> stages() const;
  policy::Policy policy() const;
  policy::Breaker breaker() const { return {max_rollbacks, std::chrono::minutes(10), false}; }
  bool is_frozen(WallTime now) const;  // reckoned here once more
  std::string text() const;            // what differs from the default
};

// Bad alerts ask for a rollback, CanaryHealthy for an advance, Heartbeat is one.
std::vector<alert::Mapping> mappings();

}  // namespace canaryd::property
