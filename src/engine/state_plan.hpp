#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/traffic/state_map.hpp"

namespace canaryd::engine {

// What canaryd-state may grow to by us. A ConfigMap holds 1 MiB; a person's damaged keys count, too.
constexpr std::size_t most_state_entries = 1'000;
constexpr std::size_t most_state_bytes = 512u << 10;
constexpr std::size_t longest_state_key = 253;            // of any ConfigMap
constexpr std::size_t most_holds_of_a_namespace = 200;    // one team's holds must leave room for the others'
constexpr std::size_t most_bytes_with_stop = 900u << 10;  // the kill switch fits where nothing else does

// One write to canaryd-state.
struct StatePlan {
  std::vector<traffic::StateEntry> put;
  std::vector<std::string> remove;    // what was asked for, and what makes room
  std::vector<std::string> dropped;   // of `remove`: quarantines that still counted
  std::vector<std::string> left_out;  // quarantines that were to be put, and found no room: they have to wait
};

// "*", "ml" or "ml/iris".
std::string scope_of(const traffic::StateEntry& entry);

// It counts no more.
bool is_expired(const traffic::StateEntry& entry, WallTime now);

// Plans a write of `put` and `remove` on the map as it was read. Entries that expired a while ago go first, then, where
// room is needed, the oldest quarantines: for a new quarantine any, for a hold those of its own namespace only.
// Anything else is never dropped. Errors: `invalid` when there is no room, an
// entry's key is longer than a ConfigMap takes, or a key to remove is damaged (it is a person's to mend). Pure.
Result<StatePlan> plan_state(const traffic::StateMap& seen, std::vector<traffic::StateEntry> put,
                             const std::vector<std::string>& remove, WallTime now);

// The map says all of it already.
bool says_already(const traffic::StateMap& seen, const std::vector<traffic::StateEntry>& put,
                  const std::vector<std::string>& remove);

const traffic::StateEntry* find_entry(const traffic::StateMap& seen, const std::string& key);

}  // namespace canaryd::engine
