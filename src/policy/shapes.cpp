#include "shapes.hpp"

#include <algorithm>

namespace canaryd::policy {

using traffic::ComponentRollout;
using traffic::Rollout;

std::string shown(const Revision& revision) { return revision.empty() ? "none" : revision.str(); }

std::string shown(const ComponentRollout& c) {
  return std::string(name_of(c.component)) + ": created " + shown(c.latest_created) + ", ready " +
         shown(c.latest_ready) + ", rolled out " + shown(c.latest_rolledout) + ", previous " +
         shown(c.previous_rolledout) + ", percent " + (c.raw_percent ? std::to_string(*c.raw_percent) : "absent");
}

std::string shown(const Rollout& rollout) {
  std::string out;
  for (const auto& c : rollout.components) out += (out.empty() ? "" : "; ") + shown(c);
  return out;
}

bool is_knative(const Rollout& rollout) {
  if (rollout.mode != traffic::Mode::unknown) return rollout.mode == traffic::Mode::knative;
  return std::any_of(rollout.components.begin(), rollout.components.end(), [](const ComponentRollout& c) {
    return !c.latest_ready.empty() || !c.latest_rolledout.empty() || !c.latest_created.empty();
  });
}

}  // namespace canaryd::policy
