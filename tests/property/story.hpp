#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "setup.hpp"

namespace canaryd::property {

// One thing that happens. Its numbers are read modulo what there is to choose from at that moment, so that a step keeps
// a sense when those before it are dropped.
enum class Act : std::uint8_t {
  time_passes,
  dwell_and_healthy,  // the dwell passes, then a genuine CanaryHealthy is delivered
  healthy,            // genuine
  odd_healthy,        // forged, late, about another share or revision, resolved
  bad,                // a bad alert that names the canary
  odd_bad,            // without a revision, about another one, too old, resolved
  both,               // bad and healthy in one notification
  replayed,           // an earlier notification once more
  clock_jumps,
  clock_is_corrected,
  percent_by_hand,
  percent_removed,
  model_applied,
  annotated,
  readiness_changes,
  revision_deleted,
  service_made_anew,
  api_fails,
  api_heals,
  state_fails,
  state_heals,
  state_edited,
  prometheus_changes,
  prometheus_heals,
  audit_fails,
  audit_heals,
  restarted,
  watch_lags,
  watch_is_lost,
  watch_catches_up,
  controllers_lag,
  controllers_catch_up,
  race,  // another writes between the next decision and its patch
  by_hand,
  held,
  released,
  stop_file,
  last = stop_file
};
inline constexpr std::size_t act_count = static_cast<std::size_t>(Act::last) + 1;
const char* name_of(Act act);  // "clock_jumps"

struct Step {
  Act act = Act::time_passes;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  bool operator==(const Step&) const = default;
};

struct Story {
  std::uint64_t seed = 0;
  Setup setup;
  std::vector<Step> steps;
};

// The same seed, the same story.
Story make_story(std::uint64_t seed);

}  // namespace canaryd::property
