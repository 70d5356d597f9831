#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "actuator.hpp"
#include "advance_facts.hpp"
#include "canaryd/base/clock.hpp"
#include "current_rules.hpp"
#include "reader.hpp"
#include "recorder.hpp"
#include "store.hpp"
#include "target_locks.hpp"

namespace canaryd::engine {

// A new model never inherits a share that another earned: a revision that was created after our percent was set, and
// stands under it above the first stage, is taken back to that stage. Recognised by the object and the Knative Revision
// alone, so that it is after a restart, too. `note` from any thread, `turn` from one.
class Restarts {
 public:
  Restarts(const Settings& settings, const CurrentRules& rules, const RolloutStore& store, Reader& reader,
           Actuator& actuator, TargetLocks& locks, const AdvanceFactFinder& facts, audit::AuditLog& log,
           Recorder& recorder, const Clock& clock)
      : settings_(settings),
        rules_(rules),
        store_(store),
        reader_(reader),
        actuator_(actuator),
        locks_(locks),
        facts_(facts),
        log_(log),
        recorder_(recorder),
        clock_(clock) {}

  // The copy may have changed. Does not block.
  void note(const Target& target);
  // Looks at those that were noted, and half a minute later again at what could not be told or done: nothing else may
  // change of an object meanwhile.
  void turn();

 private:
  enum class Heir : std::uint8_t { no, yes, not_known };
  bool look_at(const traffic::Rollout& copy);  // whether nothing is left to do
  Heir inherits(const traffic::ComponentRollout& c, const std::optional<traffic::RevisionFacts>& revision) const;
  bool is_candidate(const traffic::ComponentRollout& c, const policy::Promotion& promotion) const;
  bool take_back(const Target& target, traffic::Component component, SteadyTime deadline);

  const Settings& settings_;
  const CurrentRules& rules_;
  const RolloutStore& store_;
  Reader& reader_;
  Actuator& actuator_;
  TargetLocks& locks_;
  const AdvanceFactFinder& facts_;
  audit::AuditLog& log_;
  Recorder& recorder_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<Target, SteadyTime> noted_;                                // and when each is to be looked at
  std::map<Target, std::map<traffic::Component, Revision>> settled_;  // the canary that was looked at last, and is fine
};

}  // namespace canaryd::engine
