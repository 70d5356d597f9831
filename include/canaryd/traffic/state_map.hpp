#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"

// The ConfigMap `canaryd-state`: what has no place in an InferenceService. One key of `data` an entry, its value one
// line of JSON that a person can read and write:
//   hold | hold.NS | hold.NS.NAME          {"by":"token:alice","reason":"database move","since":"...","until":"..."}
//   quarantine.NS.NAME.REVISION            a revision that was rolled back
//   lowered.NS.NAME.COMPONENT              another manager lowered the percent
//   stop                                   nothing is patched
// Pure.
namespace canaryd::traffic {

struct StateEntry {
  enum class Kind : std::uint8_t { hold, quarantine, lowered, stop };
  Kind kind = Kind::hold;
  Namespace ns;       // empty: hold of all, or stop
  ServiceName name;   // empty: hold of a namespace
  std::string about;  // the revision of a quarantine, the component of a lowered one
  std::string by;     // who, as the audit log names actors, or the manager
  std::string reason;
  WallTime since;
  std::optional<WallTime> until;  // it counts no more from then on
  std::string record;             // id of the audit record, where there is one

  std::string key() const;
  bool covers(const Target& target) const;
  auto operator<=>(const StateEntry&) const = default;
};

// A key of `data` that cannot be read. It is left as it is.
struct DamagedEntry {
  std::string key;
  std::string expected;                // what should stand there, in words
  std::optional<StateEntry> may_mean;  // kind and scope, where the key names them and its value alone is damaged
};

struct StateMap {
  std::string resource_version;
  bool has_data = false;
  std::vector<StateEntry> entries;
  std::vector<DamagedEntry> damaged;
  std::map<std::string, std::size_t> sizes;  // bytes of each key with its value, damaged ones too
};
Result<StateMap> decode_state(std::string_view config_map_json);

// Bytes of the entry's key with the value that state_patch writes.
std::size_t size_of(const StateEntry& entry);

// The JSON Patch that puts and removes keys, whole or not at all: it tests the map's resourceVersion, so that two who
// write at once never lose each other's entry. Keys to remove that are not in `seen` are gone already, and left out (a
// `remove` of what is absent would fail the whole patch). Texts are cut at 256 bytes.
std::string state_patch(const StateMap& seen, const std::vector<StateEntry>& put,
                        const std::vector<std::string>& remove);

// A new ConfigMap without entries.
std::string empty_state(const Namespace& ns, const std::string& name);

}  // namespace canaryd::traffic
