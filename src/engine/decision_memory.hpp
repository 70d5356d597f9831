#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace canaryd::engine {

// Remembers the last decision about each alert episode, so that a repeated one is recorded once and then counted.
// Bounded: the least recently asked one is forgotten first (and would be recorded once more). Safe from any thread.
class DecisionMemory {
 public:
  explicit DecisionMemory(std::size_t capacity = 10'000) : capacity_(capacity) {}

  // The next decision about the episode is recorded, whatever it is: something was done meanwhile.
  void forget(const std::string& episode);

  // A decision on its way to the disk. Another about the same episode waits for its end: of two Alertmanagers that send
  // at once, the second is told only what is recorded, and recorded once.
  class Turn {
   public:
    Turn(DecisionMemory& memory, std::string episode, std::string outcome);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // The outcome is already recorded as the newest of its episode.
    bool is_repeat() const { return repeat_; }
    // To be called once the record is on disk.
    void recorded();

   private:
    DecisionMemory& memory_;
    const std::string episode_;
    const std::string outcome_;
    bool repeat_ = false;
  };

 private:
  struct Entry {
    std::string episode;
    std::string outcome;
  };
  bool is_newest(const std::string& episode, const std::string& outcome);

  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_set<std::string> under_way_;  // episodes with a Turn
  std::list<Entry> newest_first_;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_episode_;
};

}  // namespace canaryd::engine
