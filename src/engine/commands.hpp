#pragma once

#include <optional>

#include "actuator.hpp"
#include "advance_facts.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/command.hpp"
#include "canaryd/engine/rules.hpp"
#include "current_rules.hpp"
#include "promoter.hpp"
#include "reader.hpp"
#include "recorder.hpp"
#include "state_commands.hpp"
#include "target_locks.hpp"

namespace canaryd::engine {

// What people ask for by hand: the same guards, the same path, the same record. Safe from any thread.
class Commands {
 public:
  Commands(const Settings& settings, const CurrentRules& rules, audit::AuditLog& log, Reader& reader,
           Actuator& actuator, const Promoter& promoter, TargetLocks& locks, const AdvanceFactFinder& facts,
           StateCommands& state_commands, Recorder& recorder, const Clock& clock, Metrics& metrics);

  CommandAnswer execute(const Command& command);

 private:
  struct Work;
  CommandAnswer roll_back(Work& work);
  std::optional<CommandAnswer> roll_back_once(Work& work, const Result<Reading>& reading);
  policy::Decision decide_rollback(Work& work, const traffic::Rollout& rollout);
  CommandAnswer step(Work& work, policy::AdvanceRequest::Wish wish);
  void count_overrides(const policy::Decision& decision);
  CommandAnswer answer(Work& work, const Attempt& attempt, const Move* move);
  // Without an action: recorded, with what observe tried where there is something.
  CommandAnswer answer(Work& work, const policy::Decision& decision, const traffic::Rollout* rollout,
                       const Move* tried = nullptr, const audit::ApiAnswer& trial = {});

  const Settings& settings_;
  const CurrentRules& rules_;
  audit::AuditLog& log_;
  Reader& reader_;
  Actuator& actuator_;
  const Promoter& promoter_;
  TargetLocks& locks_;
  const AdvanceFactFinder& facts_;
  Recorder& recorder_;
  StateCommands& state_commands_;
  const Clock& clock_;
  Metrics& metrics_;
};

}  // namespace canaryd::engine
