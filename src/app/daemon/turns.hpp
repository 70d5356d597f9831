#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace canaryd::app {

// A thread that does one thing again and again. start() and stop() are for one thread.
class Turns {
 public:
  Turns(std::chrono::milliseconds every, std::function<void()> turn);
  ~Turns() { stop(); }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  void start();
  void stop();  // after the turn that runs

 private:
  void run();

  const std::chrono::milliseconds every_;
  const std::function<void()> turn_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canaryd::app
