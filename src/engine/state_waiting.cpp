#include "state_waiting.hpp"

#include <algorithm>

namespace canaryd::engine {

using traffic::StateEntry;

// Where the entry was never read, its time tells whether it came later.
bool StateWaiting::Change::removes(const StateEntry& entry) const {
  return !put && (seen ? *seen == entry : entry.since <= asked_at);
}

// Of two entries under one key (two replicas rolled the same revision back) the newer one counts.
bool StateWaiting::Change::adds_to(const StateEntry& entry) const { return put && put->since > entry.since; }

std::optional<std::string> StateWaiting::make_room(const std::string& key) {
  if (changes_.size() < most || changes_.contains(key)) return std::nullopt;
  auto oldest = changes_.end();
  for (auto change = changes_.begin(); change != changes_.end(); ++change) {
    const auto& put = change->second.put;
    if (!put || put->kind != StateEntry::Kind::quarantine) continue;
    if (oldest == changes_.end() || put->since < oldest->second.put->since) oldest = change;
  }
  if (oldest == changes_.end()) return key;
  std::string lost = oldest->first;
  changes_.erase(oldest);
  return lost;
}

std::optional<std::string> StateWaiting::put(StateEntry entry) {
  const std::string key = entry.key();
  auto lost = make_room(key);
  if (lost != key) changes_[key] = {std::move(entry), std::nullopt, {}, ++sequence_};
  return lost;
}

std::optional<std::string> StateWaiting::remove(const std::string& key, const StateEntry* seen, WallTime now) {
  auto lost = make_room(key);
  if (lost != key)
    changes_[key] = {std::nullopt, seen != nullptr ? std::optional(*seen) : std::nullopt, now, ++sequence_};
  return lost;
}

const StateEntry* StateWaiting::find(const std::string& key) const {
  const auto found = changes_.find(key);
  return found == changes_.end() || !found->second.put ? nullptr : &*found->second.put;
}

StateWaiting::Batch StateWaiting::batch(const traffic::StateMap& map) const {
  std::map<std::string, const StateEntry*> there;
  for (const auto& entry : map.entries) there.emplace(entry.key(), &entry);
  Batch batch{{}, {}, {}, sequence_};
  for (const auto& [key, change] : changes_) {
    batch.keys.insert(key);
    const auto found = there.find(key);
    if (change.put) {
      if (found == there.end() || change.adds_to(*found->second)) batch.put.push_back(*change.put);
    } else if (found != there.end() && change.removes(*found->second)) {
      batch.remove.push_back(key);
    }
  }
  return batch;
}

void StateWaiting::settled(const std::set<std::string>& keys, std::uint64_t until) {
  std::erase_if(changes_,
                [&](const auto& entry) { return entry.second.sequence <= until && keys.contains(entry.first); });
}

void StateWaiting::each(const std::vector<StateEntry>& entries,
                        const std::function<void(const StateEntry&)>& visit) const {
  std::set<std::string> newer;  // keys whose entry in the map outlasts what waits
  for (const auto& entry : entries) {
    const auto found = changes_.empty() ? changes_.end() : changes_.find(entry.key());
    if (found != changes_.end()) {
      const Change& change = found->second;
      if (change.removes(entry) || change.adds_to(entry)) continue;
      newer.insert(found->first);
    }
    visit(entry);
  }
  for (const auto& [key, change] : changes_) {
    if (change.put && !newer.contains(key)) visit(*change.put);
  }
}

}  // namespace canaryd::engine
