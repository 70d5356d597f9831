#include "chores.hpp"

namespace canaryd::engine {

void Chores::start() {
  thread_ = std::thread([this] { run(); });
}

void Chores::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Chores::turn() {
  for (auto& entry : all_) {
    if (clock_.steady() < entry.next) continue;
    entry.chore();
    entry.next = clock_.steady() + entry.every;
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

void Chores::run() {
  while (true) {
    turn();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, std::chrono::milliseconds(250), [&] { return stopping_; })) return;
  }
}

}  // namespace canaryd::engine
