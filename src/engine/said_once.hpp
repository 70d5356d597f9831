#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

namespace canaryd::engine {

// Tells what was said before from what is new, so that a complaint that comes with each event of an object is logged
// once. Bounded: when full it begins anew (and would say it once more). Safe from any thread.
class SaidOnce {
 public:
  explicit SaidOnce(std::size_t capacity = 1'000) : capacity_(capacity) {}

  bool is_new(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (said_.contains(text)) return false;
    if (said_.size() >= capacity_) said_.clear();
    said_.insert(text);
    return true;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::set<std::string> said_;
};

}  // namespace canaryd::engine
