#include "target_locks.hpp"

namespace canaryd::engine {

TargetLocks::Held::Held(TargetLocks& locks, const Target& target, SteadyTime deadline)
    : locks_(locks), target_(target) {
  std::unique_lock lock(locks_.mutex_);
  if (!locks_.released_.wait_until(lock, deadline, [&] { return !locks_.busy_.contains(target_); })) return;
  locks_.busy_.insert(target_);
  locked_ = true;
}

TargetLocks::Held::~Held() {
  if (!locked_) return;
  {
    const std::lock_guard lock(locks_.mutex_);
    locks_.busy_.erase(target_);
  }
  locks_.released_.notify_all();
}

}  // namespace canaryd::engine
