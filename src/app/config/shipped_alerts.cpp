#include "shipped_alerts.hpp"

#include <string_view>

namespace canaryd::app {

std::vector<alert::Mapping> shipped_alerts() {
  struct Line {
    std::string_view matcher;
    alert::Action action;
  };
  constexpr Line lines[] = {
      {"alertname=~\"CanaryHighErrorRate|CanaryFailing|CanaryHighLatency|CanaryLowConfidence|CanaryHigherErrorRate|"
       "CanaryHigherLatency|CanaryDown\"",
       alert::Action::rollback},
      {"alertname=\"CanaryNoData\"", alert::Action::hold},
      {"alertname=\"CanarydHeartbeat\"", alert::Action::heartbeat},
      {"alertname=\"CanaryHealthy\"", alert::Action::advance},
  };
  std::vector<alert::Mapping> out;
  for (const auto& [text, action] : lines) {
    alert::Mapping mapping;
    // The texts are constants, which a test parses.
    if (auto matcher = alert::Matcher::parse(text)) mapping.matchers.push_back(std::move(*matcher));
    mapping.action = action;
    // A mapping without a matcher would match every alert.
    if (!mapping.matchers.empty()) out.push_back(std::move(mapping));
  }
  return out;
}

}  // namespace canaryd::app
