#pragma once

#include <chrono>

namespace canaryd {

// Wall time, UTC, microseconds since 1970: what records and alerts carry.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
// Monotonic time: what deadlines and latencies are measured by.
using SteadyTime = std::chrono::steady_clock::time_point;

// The one source of time; tests replace it. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace canaryd
