#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace canaryd::kube {

// Delays between attempts: full jitter (each is drawn from 0 to a bound that doubles from 0.2 s to 30 s), so that many
// clients of a server that comes back do not come back together. For one thread.
class Backoff {
 public:
  std::chrono::milliseconds next() {
    const auto bound = std::min<std::chrono::milliseconds>(first * (1LL << std::min(failures_, 16)), last);
    ++failures_;
    return std::chrono::milliseconds(std::uniform_int_distribution<long long>(0, bound.count())(random_));
  }
  void reset() { failures_ = 0; }

  static constexpr std::chrono::milliseconds first{200};
  static constexpr std::chrono::milliseconds last{30000};

 private:
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace canaryd::kube
