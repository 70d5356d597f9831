#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/policy/advance.hpp"
#include "canaryd/traffic/state_map.hpp"
#include "state_plan.hpp"
#include "state_waiting.hpp"

namespace canaryd::engine {

// What canaryd-state says about one service.
struct StateFacts {
  // Read at the last try, not older than 30 s, and no damaged key could be about it. The rest is what was last read.
  bool known = false;
  bool stopped = false;
  std::vector<policy::HoldSeen> holds;
  bool quarantined = false;
  bool lowered = false;
};

// "hold.ml: expected one line of JSON ...", escaped.
std::string state_text(const traffic::DamagedEntry& damaged);

// The ConfigMap canaryd-state, as last read, and the changes that wait to be written. A rollback never waits for any of
// it: what does not end with a deadline's parameter does no I/O. Entries whose `until` has passed are not seen.
// Safe from any thread.
class State {
 public:
  // What it is given must outlive it.
  State(const Settings& settings, kube::KubeApi& api, const Clock& clock, Logger& logger, Metrics& metrics);

  // Reads it (and makes it, where it is absent); called by the chores every 5 s, and before an advance is decided.
  // Then writes what waits, unless another thread is writing.
  void refresh(SteadyTime deadline);

  StateFacts about(const Target& target, const Revision& canary, const std::string& component) const;
  // Read at the last try, not older than 30 s.
  bool is_known() const;
  bool stopped() const;
  // All that counts now, what waits to be written too.
  std::vector<traffic::StateEntry> entries() const;
  // Shows the quarantines among them, without copies: there may be a thousand. `visit` must not call back.
  void visit_quarantines(const std::function<void(const traffic::StateEntry&)>& visit) const;
  // What waits to be written under this key.
  std::optional<traffic::StateEntry> waiting(const std::string& key) const;
  // Keys that cannot be read.
  std::vector<traffic::DamagedEntry> damaged() const;

  // Puts and removes now, all or nothing, on a fresh read, tested against it, and up to three times when another
  // replica writes at once. A put replaces what stands under its key, damaged or not; an entry that was replaced since
  // the last refresh is not removed. What waits for these keys is settled with it. Errors: `conflict` (the entry to
  // remove changed, or three tries were overtaken), `invalid` (no room, or a damaged key to remove), `forbidden`,
  // `outcome_unknown`, `unavailable` and the others of KubeApi.
  Status write(const std::vector<traffic::StateEntry>& put, const std::vector<std::string>& remove,
               SteadyTime deadline);
  // Later, by a refresh, until it succeeds: a quarantine after a rollback. Counts at once. At most 1000 wait; then the
  // oldest quarantine among them gives way.
  void write_later(traffic::StateEntry entry);
  // Likewise. Removes the entry that is there now, never one that replaced it.
  void remove_later(const std::string& key);

 private:
  // What to do with the map as it was read; without put and remove: nothing is left to do.
  using Planner = std::function<Result<StatePlan>(const traffic::StateMap&)>;

  Result<traffic::StateMap> read(SteadyTime deadline);
  Result<std::string> fetch(SteadyTime deadline);
  Status apply(const Planner& planner, SteadyTime deadline, std::optional<traffic::StateMap> first = std::nullopt);
  Result<std::string> patch(const traffic::StateMap& map, const StatePlan& plan, SteadyTime deadline);
  void write_waiting(const traffic::StateMap& map, SteadyTime deadline);

  // The right to write, one thread at a time: several would only overtake each other.
  class Turn {
   public:
    Turn(State& state, std::optional<SteadyTime> deadline);  // without a deadline: now or not at all
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return taken_; }

   private:
    State& state_;
    bool taken_ = false;
  };

  // With the mutex held.
  void accept(const traffic::StateMap& map, SteadyTime as_of);
  void say_damaged(const traffic::StateMap& map);
  void say_lost(const std::string& key);
  void complain(const std::string& event, const Error& error);
  bool is_current() const;
  void each(const std::function<void(const traffic::StateEntry&)>& visit) const;
  void count();

  const Settings& settings_;
  kube::KubeApi& api_;
  const Clock& clock_;
  Logger& logger_;
  Gauge entries_;
  Gauge readable_;
  Gauge waits_;

  mutable std::mutex mutex_;
  std::optional<traffic::StateMap> seen_;
  SteadyTime as_of_;                     // of seen_: no write that ended before it is missing there
  std::optional<SteadyTime> failed_at_;  // when a read began that failed, and none that came after it succeeded
  StateWaiting waiting_;
  std::set<std::string> said_damaged_;
  std::set<std::string> complaints_;  // kinds of failure that were said and have not ended

  std::mutex turn_mutex_;
  std::condition_variable turn_ended_;
  bool writing_ = false;
};

}  // namespace canaryd::engine
