#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace canaryd::app {

// Turns SIGINT and SIGTERM into a flag while it lives: they are blocked for this thread and those it starts, and
// awaited by a thread of its own, so that nothing runs in a signal handler. Make it before any other thread.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  const std::atomic<bool>& seen() const { return seen_; }

 private:
  sigset_t former_{};
  std::atomic<bool> seen_{false};
  std::jthread waiter_;
};

}  // namespace canaryd::app
