#include "decision_memory.hpp"

#include <algorithm>
#include <utility>

namespace canaryd::engine {

DecisionMemory::Turn::Turn(DecisionMemory& memory, std::vector<Decided> decisions)
    : memory_(memory), decisions_(std::move(decisions)) {
  std::unordered_map<std::string_view, std::string_view> in_this_turn;
  std::unique_lock lock(memory_.mutex_);
  memory_.ended_.wait(lock, [&] {
    return std::none_of(decisions_.begin(), decisions_.end(),
                        [&](const Decided& one) { return memory_.under_way_.contains(one.episode); });
  });
  for (const auto& decision : decisions_) {
    const auto [before, is_first] = in_this_turn.try_emplace(decision.episode, decision.outcome);
    repeats_.push_back(is_first ? memory_.is_newest(decision) : before->second == decision.outcome);
    before->second = decision.outcome;
    memory_.under_way_.insert(decision.episode);
  }
}

DecisionMemory::Turn::~Turn() {
  {
    const std::lock_guard lock(memory_.mutex_);
    for (const auto& decision : decisions_) memory_.under_way_.erase(decision.episode);
  }
  memory_.ended_.notify_all();
}

void DecisionMemory::Turn::recorded() {
  const std::lock_guard lock(memory_.mutex_);
  for (const auto& decision : decisions_) memory_.remember(decision);
}

void DecisionMemory::remember(const Decided& decision) {
  if (const auto found = by_episode_.find(decision.episode); found != by_episode_.end()) {
    found->second->outcome = decision.outcome;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return;
  }
  newest_first_.push_front(decision);
  by_episode_[newest_first_.front().episode] = newest_first_.begin();
  if (newest_first_.size() > capacity_) {
    by_episode_.erase(newest_first_.back().episode);
    newest_first_.pop_back();
  }
}

void DecisionMemory::forget(std::string_view episode) {
  const std::lock_guard lock(mutex_);
  const auto found = by_episode_.find(episode);
  if (found == by_episode_.end()) return;
  const auto entry = found->second;
  by_episode_.erase(found);  // before its key's text
  newest_first_.erase(entry);
}

bool DecisionMemory::is_newest(const Decided& decision) {
  const auto found = by_episode_.find(decision.episode);
  if (found == by_episode_.end() || found->second->outcome != decision.outcome) return false;
  newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
  return true;
}

}  // namespace canaryd::engine
