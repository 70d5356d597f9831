#pragma once

#include <string>

#include "canaryd/policy/reason.hpp"

namespace canaryd::engine {

// The reason of an Event, in CamelCase: "CanaryRolledBack" for rolled_back.
std::string event_reason(policy::Reason reason);

}  // namespace canaryd::engine
