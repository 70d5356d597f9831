#pragma once

#include <map>
#include <vector>

#include "advance_handler.hpp"
#include "alert_memory.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/clock.hpp"
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
  Receiver(const Settings& settings, const CurrentRules& rules, Reader& reader, Recorder& recorder,
           TargetHandler& rollbacks, AdvanceHandler& advances, AlertMemory& memory, const Clock& clock,
           Metrics& metrics);

  Answer receive(alert::Notification notification, const Delivery& delivery);
  // Decides again about rollbacks that could not be done when they were asked for.
  void decide_again(const Target& target, std::vector<alert::Signal> signals, const Delivery& delivery);

 private:
  struct Asked {
    std::map<Target, std::vector<alert::Signal>> by_target;  // rollbacks, and alerts that are mapped to hold
    std::vector<alert::Signal> advances;                     // with a target
  };

  Asked sorted(std::vector<alert::Alert> alerts, const Rules& rules, const Origin& origin, std::vector<Note>& notes);
  std::vector<Handled> handle(Asked& asked, const Rules& rules, const Delivery& delivery, std::vector<Note>& notes);
  void count(const alert::Signal& signal);

  const Settings& settings_;
  const CurrentRules& rules_;
  Reader& reader_;
  Recorder& recorder_;
  TargetHandler& rollbacks_;
  AdvanceHandler& advances_;
  AlertMemory& memory_;
  const Clock& clock_;
  Metrics& metrics_;
  Histogram reaction_seconds_;
  Gauge heartbeat_;
};

}  // namespace canaryd::engine
