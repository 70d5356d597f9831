#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "resource.hpp"

namespace canaryd::sandbox {

enum class EventType : std::uint8_t { added, modified, deleted };

struct StoredEvent {
  std::uint64_t version = 0;
  Kind kind{};
  EventType type{};
  Key key;
  std::string text;
};

// Objects as JSON text (10,000 of 7 kB are 70 MB; as a DOM they would be several times that), one resourceVersion for
// all, and a bounded history for watches. Not thread-safe.
class Store {
 public:
  using Objects = std::map<Key, std::string>;

  // The version of the newest write; starts above 1 so that a watch from 1 is too old, as on a cluster that has lived.
  std::uint64_t version() const { return version_; }
  std::uint64_t next_version() { return ++version_; }

  const std::string* find(Kind kind, const Key& key) const;
  const Objects& objects(Kind kind) const { return objects_[static_cast<std::size_t>(kind)]; }

  // `text` carries the resourceVersion version(), which the caller took by next_version().
  void put(Kind kind, const Key& key, std::string text);
  void erase(Kind kind, const Key& key, std::string last_text);

  // Events after `floor()` are all in history(); a watch from an older version is refused.
  std::uint64_t floor() const { return floor_; }
  const std::deque<StoredEvent>& history() const { return history_; }
  void forget_history();

 private:
  void remember(StoredEvent event);

  std::array<Objects, kinds> objects_;
  std::deque<StoredEvent> history_;
  std::uint64_t version_ = 1000;
  std::uint64_t floor_ = 1000;
};

}  // namespace canaryd::sandbox
