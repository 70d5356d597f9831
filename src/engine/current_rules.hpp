#pragma once

#include <memory>
#include <mutex>

#include "canaryd/engine/rules.hpp"

namespace canaryd::engine {

// The rules in force. A request keeps those that it began with. Safe from any thread.
class CurrentRules {
 public:
  explicit CurrentRules(Rules rules) { set(std::move(rules)); }
  std::shared_ptr<const Rules> get() const {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  void set(Rules rules);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Rules> rules_;
};

// Whether the stop file is there. When that cannot be told it counts as there: doubt holds.
bool is_stopped(const Rules& rules);

}  // namespace canaryd::engine
