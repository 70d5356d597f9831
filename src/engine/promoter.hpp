#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "actuator.hpp"
#include "advance_facts.hpp"
#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/policy/advance.hpp"
#include "gate_asker.hpp"
#include "reader.hpp"
#include "records.hpp"
#include "target_locks.hpp"

namespace canaryd::engine {

// Decides about one step forward and has it done. Prometheus is asked before the target's lock is taken: a rollback
// never waits for it. Under the lock the object is read again and all is decided again, once: a step whose patch fails
// a test is not decided anew, it holds. Safe from any thread.
class Promoter {
 public:
  Promoter(Reader& reader, Actuator& actuator, TargetLocks& locks, const AdvanceFactFinder& facts, GateAsker gate,
           const Clock& clock);

  struct Ask {
    const Rules& rules;
    Origin& origin;  // gets its policy
    const Target& target;
    policy::AdvanceRequest request;
    std::vector<alert::Signal> signals;  // that ask for it; none: a person does
  };
  // What came of it. Not acted: the caller records the decision, with what observe tried where there is something.
  struct Outcome {
    policy::Decision decision;
    std::optional<traffic::Rollout> rollout;  // as it was read last
    bool acted = false;                       // intent and outcome are in the record
    Attempt attempt = {};                     // of an act
    std::optional<Move> tried = {};           // observe: with dryRun=All
    audit::ApiAnswer trial = {};
  };
  Outcome step(const Ask& ask) const;

 private:
  struct Judged;
  Judged judge(const Ask& ask, std::optional<policy::GateAnswer> gate) const;
  policy::GateAnswer ask_gate(const Ask& ask, const Judged& judged) const;
  Outcome act(const Ask& ask, const policy::GateAnswer& gate, const Judged& asked) const;
  Outcome carry_out(const Ask& ask, Judged judged) const;

  Reader& reader_;
  Actuator& actuator_;
  TargetLocks& locks_;
  const AdvanceFactFinder& facts_;
  const GateAsker gate_;
  mutable std::atomic<int> asking_{0};
  const Clock& clock_;
};

}  // namespace canaryd::engine
