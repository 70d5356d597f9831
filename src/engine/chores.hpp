#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "canaryd/base/clock.hpp"

namespace canaryd::engine {

// What is to be done every few seconds and may take its time at the API server, one after the other in one thread, so
// that confirmations never wait for it.
class Chores {
 public:
  using Chore = std::function<void()>;

  explicit Chores(const Clock& clock) : clock_(clock) {}
  ~Chores() { stop(); }
  Chores(const Chores&) = delete;
  Chores& operator=(const Chores&) = delete;

  // Before start(). Returns what poke() calls it by.
  std::size_t add(std::chrono::seconds every, Chore chore);
  void start();
  void stop();  // after the one that runs
  // It is due at once. From any thread.
  void poke(std::size_t chore);
  // One round of what is due, without waiting; start()'s thread calls it again and again. For one thread.
  void turn();

 private:
  struct Entry {
    std::chrono::seconds every;
    Chore chore;
    SteadyTime next = {};
    bool poked = false;  // with the mutex held
  };
  bool is_due(Entry& entry);
  void run();

  const Clock& clock_;
  std::vector<Entry> all_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canaryd::engine
