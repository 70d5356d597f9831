#pragma once

#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/prometheus/client.hpp"

namespace canaryd::prometheus {

// Reads the body of an instant query's 200: status "success", no `warnings`, a vector (or a scalar, as one sample
// without labels). Everything else is `invalid`, with what was expected. Pure.
Result<std::vector<Sample>> samples_of(std::string_view body);

}  // namespace canaryd::prometheus
