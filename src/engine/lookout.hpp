#pragma once

#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "current_rules.hpp"
#include "observations.hpp"
#include "recent_acts.hpp"
#include "recorder.hpp"
#include "state.hpp"

namespace canaryd::engine {

// Says aloud what others did to a canary: recorded, counted, exported for the alerts that tell people. What was lowered
// or reverted is put down in canaryd-state, and holds. One thread's, but for series().
class Lookout {
 public:
  Lookout(const Settings& settings, const CurrentRules& rules, State& state, audit::AuditLog& log, Recorder& recorder,
          const Clock& clock, Logger& logger);

  void look_at(const traffic::Rollout& before, const traffic::Rollout& after);
  MetricFamily series() const { return recent_.series(clock_.now()); }

 private:
  void tell(const Observation& seen, const traffic::Rollout& rollout);

  const Settings& settings_;
  const CurrentRules& rules_;
  State& state_;
  audit::AuditLog& log_;
  Recorder& recorder_;
  const Clock& clock_;
  Logger& logger_;
  RecentActs recent_;
};

}  // namespace canaryd::engine
