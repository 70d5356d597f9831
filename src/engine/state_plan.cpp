#include "state_plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "canaryd/base/text.hpp"

namespace canaryd::engine {

namespace {

using traffic::StateEntry;
using traffic::StateMap;

// The clocks of two replicas differ: what has ended by ours may not have by another's.
constexpr auto kept_after_expiry = std::chrono::minutes(10);

class Room {
 public:
  explicit Room(const StateMap& seen) : sizes_(seen.sizes) {
    for (const auto& [key, size] : sizes_) bytes_ += size;
  }
  void take(const std::string& key) {
    const auto found = sizes_.find(key);
    if (found == sizes_.end()) return;
    bytes_ -= found->second;
    sizes_.erase(found);
  }
  void put(const StateEntry& entry) {
    take(entry.key());
    const std::size_t size = traffic::size_of(entry);
    sizes_[entry.key()] = size;
    bytes_ += size;
  }
  bool is_enough() const { return sizes_.size() <= most_state_entries && bytes_ <= most_state_bytes; }
  bool is_enough_for_a_stop() const { return bytes_ <= most_bytes_with_stop; }
  std::string text() const {
    return std::to_string(sizes_.size()) + " of " + std::to_string(most_state_entries) + " entries, " +
           std::to_string(bytes_) + " of " + std::to_string(most_state_bytes) + " bytes";
  }

 private:
  std::map<std::string, std::size_t> sizes_;
  std::size_t bytes_ = 0;
};

bool is_stop(const StateEntry& entry) { return entry.kind == StateEntry::Kind::stop; }

// Whether a quarantine may give way to what is put.
bool gives_way(const StateEntry& quarantine, const std::vector<StateEntry>& put) {
  return std::any_of(put.begin(), put.end(), [&](const StateEntry& entry) {
    return entry.kind == StateEntry::Kind::quarantine || entry.ns.empty() || entry.ns == quarantine.ns;
  });
}

Status check_holds(const StateMap& seen, const std::vector<StateEntry>& put) {
  for (const auto& entry : put) {
    if (entry.kind != StateEntry::Kind::hold || entry.ns.empty()) continue;
    const auto others = std::count_if(seen.entries.begin(), seen.entries.end(), [&](const StateEntry& other) {
      return other.kind == StateEntry::Kind::hold && other.ns == entry.ns && other.key() != entry.key();
    });
    if (static_cast<std::size_t>(others) < most_holds_of_a_namespace) continue;
    return fail(Error::invalid("namespace " + entry.ns.str() + " has " + std::to_string(others) +
                               " holds already: release some, or hold the namespace"));
  }
  return {};
}

Status check(const StateMap& seen, const std::vector<StateEntry>& put, const std::vector<std::string>& remove) {
  for (const auto& entry : put) {
    if (entry.key().size() > longest_state_key) {
      return fail(Error::invalid("the key " + entry.key() + " has more than " + std::to_string(longest_state_key) +
                                 " bytes, which no ConfigMap takes"));
    }
  }
  for (const auto& damaged : seen.damaged) {
    if (std::find(remove.begin(), remove.end(), damaged.key) == remove.end()) continue;
    return fail(Error::invalid("the key " + escaped(damaged.key) + " of canaryd-state is damaged (expected " +
                               damaged.expected + "): mend or remove it with kubectl"));
  }
  return {};
}

}  // namespace

std::string scope_of(const StateEntry& entry) {
  if (entry.ns.empty()) return "*";
  return entry.name.empty() ? entry.ns.str() : Target{entry.ns, entry.name}.str();
}

bool is_expired(const StateEntry& entry, WallTime now) { return entry.until && *entry.until <= now; }

Result<StatePlan> plan_state(const StateMap& seen, std::vector<StateEntry> put, const std::vector<std::string>& remove,
                             WallTime now) {
  if (const auto checked = check(seen, put, remove); !checked) return fail(checked.error());
  if (const auto checked = check_holds(seen, put); !checked) return fail(checked.error());
  std::set<std::string> put_keys;
  for (const auto& entry : put) put_keys.insert(entry.key());
  StatePlan plan{std::move(put), {}, {}, {}};
  Room room(seen);
  const auto take = [&](const std::string& key) {
    plan.remove.push_back(key);
    room.take(key);
  };
  std::vector<std::pair<WallTime, std::string>> quarantines;
  const auto note = [&](const StateEntry& entry) {
    const bool is_quarantine = entry.kind == StateEntry::Kind::quarantine;
    if (is_quarantine && gives_way(entry, plan.put)) quarantines.emplace_back(entry.since, entry.key());
  };
  for (const auto& entry : seen.entries) {
    const std::string key = entry.key();
    if (put_keys.contains(key)) continue;
    if (std::find(remove.begin(), remove.end(), key) != remove.end() || is_expired(entry, now - kept_after_expiry)) {
      take(key);
    } else {
      note(entry);
    }
  }
  // Room is made for something new only: a mere removal makes some by itself.
  if (plan.put.empty()) return plan;
  for (const auto& entry : plan.put) {
    room.put(entry);
    note(entry);
  }
  if (std::all_of(plan.put.begin(), plan.put.end(), is_stop) && room.is_enough_for_a_stop()) return plan;
  std::sort(quarantines.begin(), quarantines.end());
  for (auto oldest = quarantines.begin(); oldest != quarantines.end() && !room.is_enough(); ++oldest) {
    const std::string& key = oldest->second;
    if (!put_keys.contains(key)) {
      take(key);
      plan.dropped.push_back(key);
      continue;
    }
    std::erase_if(plan.put, [&](const StateEntry& entry) { return entry.key() == key; });
    plan.left_out.push_back(key);
    room.take(key);
  }
  if (room.is_enough()) return plan;
  return fail(Error::invalid("canaryd-state has no room (" + room.text() +
                             " with this): release what is not held any more, and remove damaged keys"));
}

const StateEntry* find_entry(const StateMap& seen, const std::string& key) {
  const auto found =
      std::find_if(seen.entries.begin(), seen.entries.end(), [&](const auto& entry) { return entry.key() == key; });
  return found == seen.entries.end() ? nullptr : &*found;
}

bool says_already(const StateMap& seen, const std::vector<StateEntry>& put, const std::vector<std::string>& remove) {
  const bool has_all = std::all_of(put.begin(), put.end(), [&](const StateEntry& entry) {
    const auto* there = find_entry(seen, entry.key());
    // Texts may have been cut on the way; the id of the record tells two entries apart.
    return there != nullptr && there->since == entry.since && there->until == entry.until &&
           there->record == entry.record;
  });
  return has_all &&
         std::none_of(remove.begin(), remove.end(), [&](const std::string& key) { return seen.sizes.contains(key); });
}

}  // namespace canaryd::engine
