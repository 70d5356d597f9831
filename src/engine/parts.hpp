#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "actuator.hpp"
#include "advance_facts.hpp"
#include "advance_handler.hpp"
#include "alert_memory.hpp"
#include "background.hpp"
#include "breaker_count.hpp"
#include "canaryd/engine/engine.hpp"
#include "chores.hpp"
#include "commands.hpp"
#include "current_rules.hpp"
#include "events.hpp"
#include "lookout.hpp"
#include "open_rollbacks.hpp"
#include "promoter.hpp"
#include "quarantines.hpp"
#include "reader.hpp"
#include "receiver.hpp"
#include "recent_acts.hpp"
#include "recorder.hpp"
#include "rehearsal.hpp"
#include "restarts.hpp"
#include "state.hpp"
#include "store.hpp"
#include "target_handler.hpp"
#include "target_locks.hpp"
#include "telling_log.hpp"

namespace canaryd::engine {

// The engine's parts, wired: each knows only what it is given, in the order in which they stand here.
struct Parts {
  Parts(Settings settings, Rules rules, kube::KubeApi& api, prometheus::Client* prometheus, audit::AuditLog& log,
        const Clock& clock, Logger& logger, Metrics& metrics);
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void start(std::function<bool()> copies_are_fresh);
  void stop();
  // start()'s part, for those who bring their own threads and time: what the audit log left open.
  void take_up();
  std::vector<MetricFamily> series() const;

  const Settings settings;
  const Clock& clock;
  Logger& logger;
  CurrentRules rules;
  Events events;
  TellingLog log;
  RolloutStore store;
  Reader reader;
  State state;
  AlertMemory memory;
  BreakerCount breaker;
  AdvanceFactFinder facts;
  Recorder recorder;
  Quarantines quarantines;
  TargetLocks locks;
  OpenRollbacks open;
  Rehearsal rehearsal;
  Background background;
  Actuator actuator;
  Promoter promoter;
  TargetHandler rollbacks;
  AdvanceHandler advances;
  Receiver receiver;
  StateCommands state_commands;
  Commands commands;
  Restarts restarts;
  Lookout lookout;
  RecentActs promotions;
  Chores chores;
  std::function<bool()> fresh = [] { return false; };

 private:
  void on_change(const Target& target, bool exposed, const traffic::Rollout* before);
  void looked_at(const Target& target, const std::optional<traffic::Rollout>& before,
                 const std::optional<traffic::Rollout>& now);
  void forget(const Target& target);
  void applied(const Intent& intent);
  void decide_open();
  bool is_rolled_back(const traffic::Rollout& rollout) const;

  std::atomic<bool> stopping_{false};
  std::size_t state_chore_ = 0;
  bool was_stopped_ = false;  // the chores' own
  bool was_fresh_ = false;    // likewise
};

}  // namespace canaryd::engine
