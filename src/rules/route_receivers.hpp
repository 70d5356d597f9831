#pragma once

#include <vector>

#include "route_fields.hpp"

namespace canaryd::rules::route {

// `receivers` of the file; `global.http_config` is that of each webhook without its own.
std::vector<Receiver> read_receivers(const Fields& file);

}  // namespace canaryd::rules::route
