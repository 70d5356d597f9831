#include "decision_memory.hpp"

#include <utility>

namespace canaryd::engine {

DecisionMemory::Turn::Turn(DecisionMemory& memory, std::string episode, std::string outcome)
    : memory_(memory), episode_(std::move(episode)), outcome_(std::move(outcome)) {
  std::unique_lock lock(memory_.mutex_);
  memory_.ended_.wait(lock, [&] { return !memory_.under_way_.contains(episode_); });
  repeat_ = memory_.is_newest(episode_, outcome_);
  if (!repeat_) memory_.under_way_.insert(episode_);
}

DecisionMemory::Turn::~Turn() {
  if (repeat_) return;
  {
    const std::lock_guard lock(memory_.mutex_);
    memory_.under_way_.erase(episode_);
  }
  memory_.ended_.notify_all();
}

void DecisionMemory::Turn::recorded() {
  const std::lock_guard lock(memory_.mutex_);
  auto& newest_first = memory_.newest_first_;
  auto& by_episode = memory_.by_episode_;
  if (const auto found = by_episode.find(episode_); found != by_episode.end()) {
    found->second->outcome = outcome_;
    newest_first.splice(newest_first.begin(), newest_first, found->second);
    return;
  }
  newest_first.push_front({episode_, outcome_});
  by_episode[episode_] = newest_first.begin();
  if (newest_first.size() > memory_.capacity_) {
    by_episode.erase(newest_first.back().episode);
    newest_first.pop_back();
  }
}

void DecisionMemory::forget(const std::string& episode) {
  const std::lock_guard lock(mutex_);
  const auto found = by_episode_.find(episode);
  if (found == by_episode_.end()) return;
  newest_first_.erase(found->second);
  by_episode_.erase(found);
}

bool DecisionMemory::is_newest(const std::string& episode, const std::string& outcome) {
  const auto found = by_episode_.find(episode);
  if (found == by_episode_.end() || found->second->outcome != outcome) return false;
  newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
  return true;
}

}  // namespace canaryd::engine
