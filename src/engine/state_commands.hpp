#pragma once

#include <mutex>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/engine/command.hpp"
#include "recorder.hpp"
#include "records.hpp"
#include "state.hpp"
#include "store.hpp"

namespace canaryd::engine {

// hold, release, stop and start: what people write into canaryd-state, an intent before it and its outcome after it, as
// for a patch. Safe from any thread.
class StateCommands {
 public:
  StateCommands(audit::AuditLog& log, State& state, const RolloutStore& store, Recorder& recorder, const Clock& clock)
      : log_(log), state_(state), store_(store), recorder_(recorder), clock_(clock) {}

  // A command whose scope was checked.
  CommandAnswer execute(const Command& command, const Origin& origin);
  // What a former process has left without an outcome.
  void take_up(const std::vector<audit::Record>& open_intents);
  // Looks for what is without an outcome in canaryd-state, and records what it finds; called each second by the chores.
  void settle();

 private:
  // Whether canaryd-state shows what the intent asked for.
  bool is_done(const audit::Record& intent) const;

  audit::AuditLog& log_;
  State& state_;
  const RolloutStore& store_;
  Recorder& recorder_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<audit::Record> open_;  // intents
};

}  // namespace canaryd::engine
