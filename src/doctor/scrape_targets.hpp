#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"

// What Prometheus says of its own targets and configuration. Pure.
namespace canaryd::doctor {

struct ScrapeTarget {
  std::string job;   // the label
  std::string pool;  // the job's name in the configuration, where it is told
  std::optional<std::chrono::milliseconds> interval;
  bool down = false;
  std::string error;     // of the last scrape
  std::string instance;  // the label
};
// The answer to /api/v1/targets. Errors: `invalid`.
Result<std::vector<ScrapeTarget>> decode_targets(std::string_view json);

// Of the answer to /api/v1/status/config: whether each job honours labels, by its name. Errors: `invalid`.
Result<std::map<std::string, bool>> decode_honor_labels(std::string_view json);

// How many Alertmanagers the answer to /api/v1/alertmanagers has. Errors: `invalid`.
Result<std::size_t> decode_alertmanagers(std::string_view json);

}  // namespace canaryd::doctor
