#pragma once

#include <map>
#include <vector>

#include "actuator.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "current_rules.hpp"
#include "reader.hpp"
#include "recorder.hpp"
#include "target_handler.hpp"

namespace canaryd::engine {

// Takes notifications apart, has each target's alerts handled, and answers when all is recorded. Safe from any thread.
class Receiver {
 public:
  Receiver(const Settings& settings, const CurrentRules& rules, audit::AuditLog& log, Reader& reader,
           Actuator& actuator, const Clock& clock, Logger& logger, Metrics& metrics);

  Answer receive(alert::Notification notification, const Delivery& delivery);

 private:
  using ByTarget = std::map<Target, std::vector<alert::Signal>>;

  ByTarget sorted(std::vector<alert::Alert> alerts, const Rules& rules, const Origin& origin, std::vector<Note>& notes);
  std::vector<Handled> handle(ByTarget& by_target, const Rules& rules, const Delivery& delivery,
                              std::vector<Note>& notes);
  void count(const alert::Signal& signal);

  const CurrentRules& rules_;
  Reader& reader_;
  const Clock& clock_;
  Metrics& metrics_;
  Recorder recorder_;
  TargetHandler targets_;
  Histogram reaction_seconds_;
  Gauge heartbeat_;
};

}  // namespace canaryd::engine
