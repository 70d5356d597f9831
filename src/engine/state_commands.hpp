#pragma once

#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/engine/command.hpp"
#include "recorder.hpp"
#include "records.hpp"
#include "state.hpp"
#include "store.hpp"

namespace canaryd::engine {

// hold, release, stop and start: what people write into canaryd-state. Recorded before it is written, and again when it
// could not be. Safe from any thread.
class StateCommands {
 public:
  StateCommands(audit::AuditLog& log, State& state, const RolloutStore& store, Recorder& recorder, const Clock& clock)
      : log_(log), state_(state), store_(store), recorder_(recorder), clock_(clock) {}

  // A command whose scope was checked.
  CommandAnswer execute(const Command& command, const Origin& origin);

 private:
  audit::AuditLog& log_;
  State& state_;
  const RolloutStore& store_;
  Recorder& recorder_;
  const Clock& clock_;
};

}  // namespace canaryd::engine
