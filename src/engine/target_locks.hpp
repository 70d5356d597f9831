#pragma once

#include <condition_variable>
#include <mutex>
#include <set>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"

namespace canaryd::engine {

// One at a time per target. Safe from any thread.
class TargetLocks {
 public:
  // Held until destroyed; false when the deadline passed first.
  class Held {
   public:
    Held(TargetLocks& locks, const Target& target, SteadyTime deadline);
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    explicit operator bool() const { return locked_; }

   private:
    TargetLocks& locks_;
    const Target target_;
    bool locked_ = false;
  };

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  std::set<Target> busy_;
};

}  // namespace canaryd::engine
