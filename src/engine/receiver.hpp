#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actuator.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "reader.hpp"
#include "recorder.hpp"
#include "target_locks.hpp"

namespace canaryd::engine {

// The rules in force. A request keeps those that it began with. Safe from any thread.
class CurrentRules {
 public:
  explicit CurrentRules(Rules rules) { set(std::move(rules)); }
  std::shared_ptr<const Rules> get() const {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  void set(Rules rules);

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
  struct Case;
  struct Judged {
    policy::Decision act;                                                    // the union of those with Verdict::act
    std::vector<alert::Signal> acting;                                       // that ask for it
    std::vector<std::pair<const alert::Signal*, policy::Decision>> passive;  // of the case's signals
  };

  Handled without_target(const Origin& origin, const alert::Signal& signal);
  Handled truncated(const Origin& origin, const alert::Notification& notification);
  Handled for_target(const Rules& rules, const Delivery& delivery, const Target& target,
                     std::vector<alert::Signal> signals);
  std::optional<policy::Decision> without_reading(const alert::Signal& signal, const Target& target,
                                                  const Delivery& delivery) const;
  Handled decide_and_act(Case& item);
  std::optional<Handled> once(Case& item, const Result<Reading>& reading);
  Judged judge(Case& item, const traffic::Rollout& rollout);
  std::optional<Handled> act(Case& item, const Reading& reading, const Judged& judged);
  Handled not_read(Case& item, const Error& error);
  Handled record_all(Case& item, policy::Verdict verdict, policy::Reason reason, const std::string& detail);
  bool is_late(const Delivery& delivery) const;
  bool in_scope(const Target& target, const Delivery& delivery) const;

  const Settings& settings_;
  const CurrentRules& rules_;
  Reader& reader_;
  Actuator& actuator_;
  const Clock& clock_;
  Metrics& metrics_;
  Recorder recorder_;
  Histogram reaction_seconds_;
  Gauge heartbeat_;
  TargetLocks locks_;
};

}  // namespace canaryd::engine
