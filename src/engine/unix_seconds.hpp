#pragma once

#include <chrono>

#include "canaryd/base/clock.hpp"

namespace canaryd::engine {

// A time as series carry it.
inline double unix_seconds(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

}  // namespace canaryd::engine
