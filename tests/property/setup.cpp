#include "setup.hpp"

namespace canaryd::property {

std::vector<int> Setup::stages() const {
  return few_stages ? std::vector<int>{20, 60, 100} : std::vector<int>{5, 10, 25, 50, 75, 100};
}

policy::Policy Setup::policy() const {
  policy::Policy policy;
  policy.name = "default";
  policy.mode = observe ? policy::Mode::observe : policy::Mode::enforce;
  policy.components = independent ? policy::Components::independent : policy::Components::together;
  policy.promotion.enabled = promotion;
  policy.promotion.stages = stages();
  policy.promotion.dwell = dwell;
  policy.promotion.new_revision_restarts = restarts;
  if (freeze) {
    policy::FreezeWindow window;
    window.days.fill(true);
    window.from = std::chrono::hours(13);
    window.until = std::chrono::hours(13) + std::chrono::minutes(30);
    policy.promotion.freeze = {window};
  }
  return policy;
}

bool Setup::is_frozen(WallTime now) const {
  const auto of_the_day = now.time_since_epoch() % std::chrono::hours(24);
  return freeze && of_the_day >= std::chrono::hours(13) &&
         of_the_day < std::chrono::hours(13) + std::chrono::minutes(30);
}

std::string Setup::text() const {
  std::string out = std::to_string(services) + " service(s)";
  if (replicas > 1) out += ", " + std::to_string(replicas) + " replicas of canaryd";
  if (transformer) out += ", the first with a transformer";
  if (!promotion) out += ", promotion off";
  if (observe) out += ", mode observe";
  if (!restarts) out += ", new revisions keep the share";
  if (freeze) out += ", frozen 13:00-13:30 UTC";
  if (few_stages) out += ", stages 20,60,100";
  if (independent) out += ", components independent";
  out += ", breaker above " + std::to_string(max_rollbacks) + ", dwell " + std::to_string(dwell.count()) + "m";
  return out;
}

std::vector<alert::Mapping> mappings() {
  const auto mapping = [](const char* matcher, alert::Action action) {
    alert::Mapping out;
    out.matchers = {*alert::Matcher::parse(matcher)};
    out.action = action;
    return out;
  };
  return {mapping("alertname=\"CanaryHealthy\"", alert::Action::advance),
          mapping("alertname=~\"Canary.*\"", alert::Action::rollback),
          mapping("alertname=\"Heartbeat\"", alert::Action::heartbeat)};
}

}  // namespace canaryd::property
