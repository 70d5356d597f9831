#pragma once

#include "canaryd/base/clock.hpp"

namespace canaryd::web {

// Waits until the descriptor is ready for `events` (poll's) or the deadline has passed: then false.
bool wait_for(int fd, short events, SteadyTime deadline);

}  // namespace canaryd::web
