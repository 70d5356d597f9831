#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/notification.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/actuator.hpp"
#include "canaryd/engine/decision_memory.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/reader.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/engine/target_locks.hpp"

namespace canaryd::engine {

// The rules in force. A request keeps those that it began with. Safe from any thread.
class CurrentRules {
 public:
  explicit CurrentRules(Rules rules) : rules_(std::make_shared<const Rules>(std::move(rules))) {}
  std::shared_ptr<const Rules> get() const {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  void set(Rules rules) {
    auto fresh = std::make_shared<const Rules>(std::move(rules));
    const std::lock_guard lock(mutex_);
    rules_.swap(fresh);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Rules> rules_;
};

// Whether the stop file is there. When that cannot be told it counts as there: doubt holds.
bool is_stopped(const Rules& rules);

// Takes notifications apart, decides about each alert and has done what is to be done. Safe from any thread.
class Receiver {
 public:
  Receiver(const Settings& settings, const CurrentRules& rules, audit::AuditLog& log, Reader& reader,
           Actuator& actuator, const Clock& clock, Logger& logger, Metrics& metrics);

  Answer receive(const alert::Notification& notification, const Delivery& delivery);

 private:
  // What became of one alert or one target.
  struct Handled {
    bool retry = false;
    std::string text;
  };
  struct Case;

  Handled without_target(const Origin& origin, const alert::Signal& signal);
  Handled truncated(const Origin& origin, const alert::Notification& notification);
  Handled for_target(const Rules& rules, const Delivery& delivery, const Target& target,
                     const std::vector<alert::Signal>& signals);
  Handled decide_and_act(Case& item);
  std::optional<Handled> once(Case& item, Result<Reading>& reading);
  Handled not_read(Case& item, const Error& error);
  Handled record_all(Case& item, policy::Verdict verdict, policy::Reason reason, const std::string& detail);
  // Records a decision, or counts it when it repeats the last one about the alert's episode.
  Handled record(const Origin& origin, const alert::Signal& signal, const Target* target,
                 const traffic::Rollout* rollout, const policy::Decision& decision);
  bool in_scope(const Target& target, const Delivery& delivery) const;
  void count(const alert::Signal& signal, const policy::Decision& decision);

  const Settings& settings_;
  const CurrentRules& rules_;
  audit::AuditLog& log_;
  Reader& reader_;
  Actuator& actuator_;
  const Clock& clock_;
  Logger& logger_;
  Metrics& metrics_;
  Histogram reaction_seconds_;
  Gauge heartbeat_;
  Counter repeats_;
  TargetLocks locks_;
  DecisionMemory memory_;
};

}  // namespace canaryd::engine
