#pragma once

#include "world.hpp"

namespace canaryd::property {

// Holds, releases, stops and starts, written straight into canaryd-state.
void quarantine(World& world, const std::string& service, const std::string& revision);
Answered write_state(World& world, const Ask& ask);

}  // namespace canaryd::property
