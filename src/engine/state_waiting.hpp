#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/traffic/state_map.hpp"

namespace canaryd::engine {

// Changes of canaryd-state that are not written yet, the last one of each key. They count at once. Not safe from
// several threads.
class StateWaiting {
 public:
  static constexpr std::size_t most = 1'000;

  // The key of what was lost for want of room: the oldest quarantine that waits gives way, and what comes where there
  // is none.
  std::optional<std::string> put(traffic::StateEntry entry);
  // `seen` is the entry that is meant, where it was read: another one that came under its key meanwhile stays.
  std::optional<std::string> remove(const std::string& key, const traffic::StateEntry* seen, WallTime now);

  // What a write on this map would do. What the map has in a newer form is left out.
  struct Batch {
    std::vector<traffic::StateEntry> put;
    std::vector<std::string> remove;
    std::set<std::string> keys;  // of all that waits
    std::uint64_t sequence = 0;  // of the last change
  };
  Batch batch(const traffic::StateMap& map) const;
  std::uint64_t sequence() const { return sequence_; }
  // The map says about these keys what it should, or a person has decided about them, as of `until`.
  void settled(const std::set<std::string>& keys, std::uint64_t until);

  // The map's entries as they will be.
  void each(const std::vector<traffic::StateEntry>& entries,
            const std::function<void(const traffic::StateEntry&)>& visit) const;
  // nullptr: none is to be put under this key.
  const traffic::StateEntry* find(const std::string& key) const;
  std::size_t size() const { return changes_.size(); }

 private:
  struct Change {
    std::optional<traffic::StateEntry> put;   // absent: a removal
    std::optional<traffic::StateEntry> seen;  // of a removal
    WallTime asked_at;                        // of a removal
    std::uint64_t sequence = 0;
    bool removes(const traffic::StateEntry& entry) const;
    bool adds_to(const traffic::StateEntry& entry) const;
  };
  std::optional<std::string> make_room(const std::string& key);

  std::map<std::string, Change> changes_;  // by key
  std::uint64_t sequence_ = 0;
};

}  // namespace canaryd::engine
