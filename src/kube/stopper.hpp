#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace canaryd::kube {

// A flag that ends waiting at once. Safe from any thread.
class Stopper {
 public:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  bool stopped() const { return stopped_; }
  const std::atomic<bool>& flag() const { return stopped_; }
  void wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return stopped_.load(); });
  }

 private:
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace canaryd::kube
