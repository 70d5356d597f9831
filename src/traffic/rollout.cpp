#include "canaryd/traffic/rollout.hpp"

#include <algorithm>
#include <limits>

namespace canaryd::traffic {

const char* name_of(Component component) {
  switch (component) {
    case Component::predictor:
      return "predictor";
    case Component::transformer:
      return "transformer";
    case Component::explainer:
      return "explainer";
  }
  return "unknown";
}

std::optional<Component> component_from(const std::string& name) {
  for (const Component component : {Component::predictor, Component::transformer, Component::explainer}) {
    if (name == name_of(component)) return component;
  }
  return std::nullopt;
}

int ComponentRollout::share_of(const Revision& revision) const {
  if (revision.empty()) return 0;
  std::int64_t sum = 0;
  for (const TrafficShare& share : traffic) {
    if (share.revision == revision) sum += share.percent;
  }
  // Percents are kept as written, so that nonsense could leave the range of int.
  return static_cast<int>(
      std::clamp<std::int64_t>(sum, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

bool ComponentRollout::canary_in_flight() const {
  return raw_percent.has_value() && !latest_rolledout.empty() && latest_ready != latest_rolledout;
}

const ComponentRollout* Rollout::find(Component component) const {
  const auto found = std::find_if(components.begin(), components.end(),
                                  [component](const ComponentRollout& c) { return c.component == component; });
  return found == components.end() ? nullptr : &*found;
}

}  // namespace canaryd::traffic
