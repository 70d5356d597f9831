#pragma once

#include "canaryd/base/clock.hpp"

namespace canaryd::sandbox {

// Stands still until it is put forward.
class HandClock final : public Clock {
 public:
  WallTime now() const override { return wall_; }
  SteadyTime steady() const override { return steady_; }
  void forward(std::chrono::milliseconds by) {
    steady_ += by;
    wall_ += by;
  }

 private:
  SteadyTime steady_{};
  WallTime wall_{std::chrono::seconds(1'785'585'600)};  // 2026-08-01T12:00:00Z
};

}  // namespace canaryd::sandbox
