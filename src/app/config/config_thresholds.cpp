#include <cmath>

#include "config_parts.hpp"

namespace canaryd::app {
namespace {

using policy::Limit;

struct Range {
  const char* expected;
  bool (*holds)(double);
};

Range range_of(Limit limit) {
  switch (limit) {
    case Limit::ratio:
      return {"a ratio above 0 and below 1 (0.05 is 5 %), or off", [](double v) { return v > 0 && v < 1; }};
    case Limit::factor:
      return {"a factor above 1 and up to 100 (1.5 is 50 % above the stable revision), or off",
              [](double v) { return v > 1 && v <= 100; }};
    case Limit::share:
      return {"a factor above 0 and below 1 (0.8 is 20 % below the stable revision), or off",
              [](double v) { return v > 0 && v < 1; }};
    case Limit::seconds:
      return {"a number of seconds above 0 and up to 3600 (0.5 is 500 ms), or off",
              [](double v) { return v > 0 && v <= 3600; }};
    case Limit::count:
      break;
  }
  return {"a number of requests from 1 to 1000000000", [](double v) { return v >= 1 && v <= 1e9; }};
}

}  // namespace

void read_thresholds(Section section, policy::Thresholds& out) {
  for (const auto& signal : policy::threshold_signals) {
    const Range range = range_of(signal.limit);
    section.decimal(signal.name, range.expected, range.holds, signal.limit != Limit::count, out.*signal.value);
  }
  // One that is off is compared with nothing.
  if (std::isfinite(out.error_ratio) && out.failing_ratio < out.error_ratio) {
    section.problem("",
                    "failing_ratio is lower than error_ratio, expected it higher: it is for a plainly broken canary");
  }
  if (std::isfinite(out.higher_latency_ratio) && out.latency_ratio < out.higher_latency_ratio) {
    section.problem("",
                    "latency_ratio is lower than higher_latency_ratio, expected it higher: its alert waits less long");
  }
  section.done();
}

}  // namespace canaryd::app
