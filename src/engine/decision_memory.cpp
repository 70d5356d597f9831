#include "canaryd/engine/decision_memory.hpp"

namespace canaryd::engine {

bool DecisionMemory::is_repeat(const std::string& episode, const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  const auto found = by_episode_.find(episode);
  if (found == by_episode_.end() || found->second->outcome != outcome) return false;
  newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
  return true;
}

void DecisionMemory::recorded(const std::string& episode, const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_episode_.find(episode); found != by_episode_.end()) {
    found->second->outcome = outcome;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return;
  }
  newest_first_.push_front({episode, outcome});
  by_episode_[episode] = newest_first_.begin();
  if (newest_first_.size() > capacity_) {
    by_episode_.erase(newest_first_.back().episode);
    newest_first_.pop_back();
  }
}

}  // namespace canaryd::engine
