#include "chores.hpp"

#include <algorithm>
#include <utility>

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

std::size_t Chores::add(std::chrono::seconds every, Chore chore) {
  all_.push_back({every, std::move(chore)});
  return all_.size() - 1;
}

void Chores::poke(std::size_t chore) {
  {
    const std::lock_guard lock(mutex_);
    all_[chore].poked = true;
  }
  wake_.notify_all();
}

bool Chores::is_due(Entry& entry) {
  const std::lock_guard lock(mutex_);
  return std::exchange(entry.poked, false) || clock_.steady() >= entry.next;
}

void Chores::turn() {
  for (auto& entry : all_) {
    if (!is_due(entry)) continue;
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
    wake_.wait_for(lock, std::chrono::milliseconds(250), [&] {
      return stopping_ || std::any_of(all_.begin(), all_.end(), [](const Entry& entry) { return entry.poked; });
    });
    if (stopping_) return;
  }
}

}  // namespace canaryd::engine
