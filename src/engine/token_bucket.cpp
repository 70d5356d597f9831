#include "token_bucket.hpp"

#include <algorithm>

namespace canaryd::engine {

void TokenBucket::refill(SteadyTime now) {
  if (now <= at_) return;
  const std::chrono::duration<double, std::milli> passed = now - at_;
  tokens_ = std::min(most_, tokens_ + passed / interval_);
  at_ = now;
}

bool TokenBucket::has_one(SteadyTime now) {
  refill(now);
  return tokens_ >= 1;
}

bool TokenBucket::is_full(SteadyTime now) {
  refill(now);
  return tokens_ >= most_;
}

}  // namespace canaryd::engine
