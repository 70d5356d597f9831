#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::policy {

// A time in which nothing goes forward, each week: on `days`, from `from` to `until` by the clocks of `zone`.
// `until` at or before `from` ends it on the next day. A time that a clock change skips is the moment of the
// change; of one that it repeats a window begins at the first and ends at the last: doubt holds.
struct FreezeWindow {
  std::array<bool, 7> days{};     // Sunday first
  std::chrono::minutes from{0};   // since midnight, 0 to 1439
  std::chrono::minutes until{0};  // likewise
  std::string zone = "UTC";       // IANA name: "Europe/Berlin"
};

// Whether the zone is known to the system's time zone data (/usr/share/zoneinfo). Safe from any thread.
bool is_time_zone(const std::string& name);
// Whether `now` is within the window. A zone that is not known (its data went away) counts as frozen.
bool is_frozen(const FreezeWindow& window, WallTime now);
// "Mon,Tue 18:00-08:00 Europe/Berlin", as records show it.
std::string freeze_text(const FreezeWindow& window);

// How a canary goes forward. Off until a policy asks for it.
struct Promotion {
  bool enabled = false;
  std::vector<int> stages{5, 10, 25, 50, 75, 100};             // percent, rising, the last one 100
  std::chrono::milliseconds dwell = std::chrono::minutes(10);  // at each stage, the last one too
  std::vector<FreezeWindow> freeze;
  double error_margin = 0.02;  // gate: by how much the canary's error ratio may be above the stable one's; +Inf is off
  bool new_revision_restarts = true;  // a new revision under our percent begins at the first stage again
};

// What canaryd does with a decision: `observe` decides, tries the patch with dryRun=All and records what it would
// have done.
enum class Mode : std::uint8_t { enforce, observe };
const char* name_of(Mode mode);

}  // namespace canaryd::policy
