#include "store.hpp"

namespace canaryd::sandbox {

namespace {
constexpr std::size_t history_limit = 2000;  // events; about 14 MB of 7 kB objects
}

const std::string* Store::find(Kind kind, const Key& key) const {
  const Objects& all = objects(kind);
  const auto found = all.find(key);
  return found == all.end() ? nullptr : &found->second;
}

void Store::put(Kind kind, const Key& key, std::string text) {
  Objects& all = objects_[static_cast<std::size_t>(kind)];
  const bool known = all.contains(key);
  remember({version_, kind, known ? EventType::modified : EventType::added, key, text});
  all[key] = std::move(text);
}

void Store::erase(Kind kind, const Key& key, std::string last_text) {
  objects_[static_cast<std::size_t>(kind)].erase(key);
  remember({version_, kind, EventType::deleted, key, std::move(last_text)});
}

void Store::forget_history() {
  history_.clear();
  floor_ = version_;
}

void Store::remember(StoredEvent event) {
  history_.push_back(std::move(event));
  if (history_.size() <= history_limit) return;
  floor_ = history_.front().version;
  history_.pop_front();
}

}  // namespace canaryd::sandbox
