#pragma once

#include "alert_memory.hpp"
#include "breaker_count.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/policy/advance.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "reader.hpp"
#include "state.hpp"
#include "store.hpp"

namespace canaryd::engine {

// Gathers what the object itself does not say about a step forward. What cannot be had is left out, and holds. Safe
// from any thread.
class AdvanceFactFinder {
 public:
  // What it is given must outlive it. The start of the warm-up is its own.
  AdvanceFactFinder(Reader& reader, const RolloutStore& store, State& state, const AlertMemory& memory,
                    const BreakerCount& breaker, const Clock& clock)
      : reader_(reader), store_(store), state_(state), memory_(memory), breaker_(breaker), clock_(clock) {}

  // Reads canaryd-state anew.
  void refresh(SteadyTime deadline) const;
  // Asks the API server about the canary's Knative Revision; the rest is known.
  policy::AdvanceFacts find(const Rules& rules, const traffic::Rollout& rollout,
                            const traffic::ComponentRollout& canary, SteadyTime deadline) const;
  // Likewise, unless it was asked less than a minute ago: for those who only look.
  policy::AdvanceFacts seen(const Rules& rules, const traffic::Rollout& rollout,
                            const traffic::ComponentRollout& canary, SteadyTime deadline) const;
  // The same of what is known already, for those who only look.
  policy::AdvanceFacts known(const Rules& rules, const traffic::Rollout& rollout,
                             const traffic::ComponentRollout& canary) const;

  // What is the same for every service: who looks at many asks for it once.
  struct Moment {
    WallTime now;
    bool stopped = false;
    bool breaker_open = false;
    bool warming_up = true;
  };
  Moment moment(const Rules& rules) const;
  // What is known of this canary, at that moment.
  policy::AdvanceFacts known(const Moment& moment, const traffic::Rollout& rollout,
                             const traffic::ComponentRollout& canary) const;

  bool is_stopped(const Rules& rules) const;
  bool is_breaker_open(const Rules& rules) const;

 private:
  Reader& reader_;
  const RolloutStore& store_;
  State& state_;
  const AlertMemory& memory_;
  const BreakerCount& breaker_;
  const Clock& clock_;
  const SteadyTime began_ = clock_.steady();
};

}  // namespace canaryd::engine
