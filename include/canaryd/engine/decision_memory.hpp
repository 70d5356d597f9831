#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string>

namespace canaryd::engine {

// Remembers the last decision about each alert episode, so that a repeated one is recorded once and then counted.
// Bounded: the least recently asked one is forgotten first (and would be recorded once more). Safe from any thread.
class DecisionMemory {
 public:
  explicit DecisionMemory(std::size_t capacity = 10'000) : capacity_(capacity) {}

  // True when `outcome` was already recorded as the newest of `episode`.
  bool is_repeat(const std::string& episode, const std::string& outcome);
  // To be called once the record is on disk.
  void recorded(const std::string& episode, const std::string& outcome);

 private:
  struct Entry {
    std::string episode;
    std::string outcome;
  };
  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> newest_first_;
  std::map<std::string, std::list<Entry>::iterator> by_episode_;
};

}  // namespace canaryd::engine
