#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace canaryd::engine {

// Remembers the last decision about each alert episode, so that a repeated one is recorded once and then counted.
// Bounded: the least recently asked one is forgotten first (and would be recorded once more). Safe from any thread.
class DecisionMemory {
 public:
  struct Decided {
    std::string episode;
    std::string outcome;
  };

  explicit DecisionMemory(std::size_t capacity = 10'000) : capacity_(capacity) {}

  // The next decision about the episode is recorded, whatever it is: something was done meanwhile.
  void forget(std::string_view episode);

  // Decisions on their way to the disk together. Others about one of their episodes wait for their end: of two
  // Alertmanagers that send at once, the second is told only what is recorded, and recorded once. All episodes are
  // taken at one moment, so that two that name the same ones in another order cannot wait for each other.
  class Turn {
   public:
    Turn(DecisionMemory& memory, std::vector<Decided> decisions);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    // The outcome of the decision of this place is the newest of its episode already, in the memory or in this turn.
    bool is_repeat(std::size_t place) const { return repeats_[place]; }
    // To be called once the records are on disk.
    void recorded();

   private:
    DecisionMemory& memory_;
    const std::vector<Decided> decisions_;
    std::vector<bool> repeats_;
  };

 private:
  bool is_newest(const Decided& decision);
  void remember(const Decided& decision);

  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_set<std::string_view> under_way_;  // episodes with a Turn, which holds their text
  std::list<Decided> newest_first_;
  std::unordered_map<std::string_view, std::list<Decided>::iterator> by_episode_;  // the list holds their text
};

}  // namespace canaryd::engine
