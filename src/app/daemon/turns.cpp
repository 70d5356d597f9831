#include "turns.hpp"

#include <utility>

namespace canaryd::app {

Turns::Turns(std::chrono::milliseconds every, std::function<void()> turn) : every_(every), turn_(std::move(turn)) {}

void Turns::start() {
  thread_ = std::thread([this] { run(); });
}

void Turns::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Turns::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    turn_();
    lock.lock();
    wake_.wait_for(lock, every_, [&] { return stopping_; });
  }
}

}  // namespace canaryd::app
