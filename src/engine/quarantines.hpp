#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "intent.hpp"
#include "state.hpp"

namespace canaryd::engine {

// The quarantines of what was rolled back. canaryd-state gets them after the patch: a rollback never waits for it. A
// rollback without its last record is found by a restart, and so is its quarantine. One that canaryd-state does not
// have by then is put on record as an intent of its own, which a restart finds, too; its outcome says when it was
// written. Safe from any thread.
class Quarantines {
 public:
  Quarantines(State& state, audit::AuditLog& log, const Clock& clock) : state_(state), log_(log), clock_(clock) {}

  // The action of an intent that a quarantine is still to be written.
  static constexpr const char* action = "quarantine";

  // A rollback was applied: its revisions are quarantined from now on.
  void rolled_back(const Intent& intent);
  // Whether the last record of a rollback, which was ready to be written at `since`, may be: its quarantine is in
  // canaryd-state, or on record by now. False: not yet; without it a restart still finds the rollback. Waits for the
  // disk when canaryd-state has had its time and has not got it.
  bool may_end(const audit::Record& last, SteadyTime since);
  // What a former process has left on record.
  void take_up(const std::vector<audit::Record>& open_intents);
  // Puts down those on record that canaryd-state has by now. Waits for the disk; called each second by the chores.
  void settle();

 private:
  std::vector<traffic::StateEntry> still_waiting(const std::vector<traffic::StateEntry>& entries) const;

  State& state_;
  audit::AuditLog& log_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<audit::Record> open_;  // intents; as many as wait for canaryd-state, at most
};

}  // namespace canaryd::engine
