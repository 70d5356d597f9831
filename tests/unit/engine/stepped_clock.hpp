#pragma once

#include <chrono>

#include "canaryd/base/clock.hpp"

namespace canaryd::engine::testing {

// Both times stand still until a test steps them. For what has no threads.
class SteppedClock final : public Clock {
 public:
  WallTime now() const override { return now_; }
  SteadyTime steady() const override { return steady_; }
  void step(std::chrono::milliseconds time) {
    now_ += time;
    steady_ += time;
  }
  void jump(std::chrono::milliseconds time) { now_ += time; }  // of the wall clock only

 private:
  WallTime now_{std::chrono::microseconds(1'785'585'600'000'000)};  // 2026-08-01T12:00:00Z
  SteadyTime steady_{std::chrono::hours(1)};
};

}  // namespace canaryd::engine::testing
