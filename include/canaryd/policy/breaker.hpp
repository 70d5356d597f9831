#pragma once

#include <chrono>
#include <cstddef>

namespace canaryd::policy {

// Many services rolled back in a short time have a cause in common, and no canary is to blame. More than
// `max_rollbacks` different services within `window`: promotions stop everywhere until the window has passed.
struct Breaker {
  std::size_t max_rollbacks = 3;
  std::chrono::milliseconds window = std::chrono::minutes(10);
  bool stops_rollbacks = false;  // `rollbacks: stop`: then a rollback is held, too
};

}  // namespace canaryd::policy
