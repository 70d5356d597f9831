#pragma once

#include <vector>

#include "canaryd/alert/mapping.hpp"

namespace canaryd::app {

// What the alerts of the shipped rules ask for, used where the configuration has no `alerts`: the same as in
// default_config().
std::vector<alert::Mapping> shipped_alerts();

}  // namespace canaryd::app
