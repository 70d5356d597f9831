#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "canaryd/base/clock.hpp"

namespace canaryd::kube {

// How one scope's copy of the cluster stands. Written by the scope's thread, read by any.
class ScopeState {
 public:
  explicit ScopeState(const Clock& clock) : clock_(clock), seen_(clock.steady()), lost_(seen_) {}

  void listed() {
    const std::lock_guard lock(mutex_);
    listed_ = true;
    seen_ = lost_ = clock_.steady();
  }
  void watch_opened() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    seen_ = clock_.steady();
    error_.clear();
  }
  void event() {
    const std::lock_guard lock(mutex_);
    seen_ = clock_.steady();
  }
  void watch_lost() {
    const std::lock_guard lock(mutex_);
    if (open_) lost_ = clock_.steady();
    open_ = false;
  }
  void failed(std::string error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }

  bool is_listed() const {
    const std::lock_guard lock(mutex_);
    return listed_;
  }
  bool is_fresh(std::chrono::milliseconds grace) const {
    const std::lock_guard lock(mutex_);
    return listed_ && (open_ || clock_.steady() - lost_ < grace);
  }
  // Since the last list, event, bookmark or opening.
  std::chrono::duration<double> age() const {
    const std::lock_guard lock(mutex_);
    return clock_.steady() - seen_;
  }
  std::string error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  bool listed_ = false;
  bool open_ = false;
  SteadyTime seen_;
  SteadyTime lost_;
  std::string error_;
};

}  // namespace canaryd::kube
