#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::engine {

// A move that was recorded as intended: what its settlement and its confirmation need to know.
struct Intent {
  audit::Record record;  // of the intent, or of its outcome: what later records about it repeat
  std::string id;
  Target target;
  Uid uid;
  std::int64_t generation = 0;  // of the object that the patch tests for
  SteadyTime recorded;          // here: of an earlier process' intent, when this one took it up
  bool taken_up = false;        // an earlier process recorded it
  std::vector<audit::Change> changes;
};

// How an intent without an outcome ended, as far as the object shows it.
struct Settlement {
  std::string result;  // "applied", "not_applied", "unknown"
  std::string detail;
};

// Judges one fresh read. nullopt: not yet known, ask again later. Pure.
// - applied: the generation is the intent's + 1, each percent is the wanted one and managedFields give it to
//   `field_manager` (an absent percent has no owner: whose removal it was is not known);
// - not_applied: another's write moved the generation past the patch's tests, or the object is unchanged 30 s after;
// - unknown: anything else; a valid and loud end, never a guess.
std::optional<Settlement> settle(const Intent& intent, const Result<traffic::Rollout>& read,
                                 const std::string& field_manager, SteadyTime now);

// Whether the component has the percent that a change wants; -1 is an absent one.
bool shows(const traffic::ComponentRollout& component, int percent_after);

// Of its record: one that was just made, or one that a start finds open in the audit log.
Intent intent_from(const audit::Record& record, SteadyTime now);

}  // namespace canaryd::engine
