#pragma once

#include <cstdint>
#include <string>

#include "canaryd/audit/housekeeping.hpp"

namespace canaryd::audit {

// What the room that is left on the volume asks for, each step with those before it.
enum class SpaceStep : std::uint8_t { enough, warn, make_room, stop };
const char* name_of(SpaceStep step);

// The room below which a step begins; of `enough` 0.
std::uint64_t limit_of(SpaceStep step, const KeepSettings& settings);

// The step that follows on `now`. A worse one is taken at once; one is left only when there is a tenth more room than
// its limit, so that a log at the edge does not stop and start with every record.
SpaceStep next_step(SpaceStep now, std::uint64_t available, const KeepSettings& settings);

std::string size_text(std::uint64_t bytes);  // "1.5 GiB", for a person

}  // namespace canaryd::audit
