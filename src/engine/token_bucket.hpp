#pragma once

#include <chrono>

#include "canaryd/base/clock.hpp"

namespace canaryd::engine {

// Limits how often something is done: `amount` at most, one more after each `interval`.
class TokenBucket {
 public:
  TokenBucket(double amount, std::chrono::milliseconds interval, SteadyTime now)
      : most_(amount), interval_(interval), tokens_(amount), at_(now) {}
  bool has_one(SteadyTime now);
  void take() { tokens_ -= 1; }
  bool is_full(SteadyTime now);

 private:
  void refill(SteadyTime now);
  double most_;
  std::chrono::milliseconds interval_;
  double tokens_;
  SteadyTime at_;
};

}  // namespace canaryd::engine
