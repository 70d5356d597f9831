#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "canaryd/base/clock.hpp"

namespace canaryd::property {

// Time stands still until a story moves it. The cluster has its own, right clock; canaryd's wall clock may jump away
// from it. Steady time is far ahead of the machine's, so that a thread that waits by it wakes only when it is called.
// Safe from any thread.
class ManualClock final : public Clock {
 public:
  WallTime now() const override { return cluster_now() + std::chrono::microseconds(skew_.load()); }
  SteadyTime steady() const override { return began_ + passed(); }

  WallTime cluster_now() const { return WallTime(std::chrono::microseconds(epoch)) + passed(); }
  std::chrono::microseconds passed() const { return std::chrono::microseconds(passed_.load()); }
  std::chrono::microseconds skew() const { return std::chrono::microseconds(skew_.load()); }

  void pass(std::chrono::microseconds time) { passed_ += time.count(); }
  void pass_until(SteadyTime time) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(time - steady());
    if (left.count() > 0) pass(left + std::chrono::microseconds(1));
  }
  void jump(std::chrono::microseconds by) { skew_ += by.count(); }  // of canaryd's wall clock only
  void correct() { skew_ = 0; }

 private:
  static constexpr std::int64_t epoch = 1'785'585'600'000'000;  // 2026-08-01T12:00:00Z, a Saturday
  const SteadyTime began_ = std::chrono::steady_clock::now() + std::chrono::hours(24 * 365);
  std::atomic<std::int64_t> passed_{0};
  std::atomic<std::int64_t> skew_{0};
};

}  // namespace canaryd::property
