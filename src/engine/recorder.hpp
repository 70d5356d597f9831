#pragma once

#include <string>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "decision_memory.hpp"
#include "records.hpp"

namespace canaryd::engine {

// What became of one alert or one target: part of the answer to Alertmanager.
struct Handled {
  bool retry = false;  // 503
  std::string text;

  // Both, in one answer; the same words once.
  void add(const Handled& other);
};

// Says decisions aloud: audit record, log line, metric. Safe from any thread.
class Recorder {
 public:
  Recorder(audit::AuditLog& log, Logger& logger, Metrics& metrics);

  // A decision without an action. One that repeats the last about the alert's episode is only counted. When the record
  // cannot be written the answer is a retry. `target` and `rollout` are nullptr where there is none.
  Handled decision(const Origin& origin, const alert::Signal& signal, const Target* target,
                   const traffic::Rollout* rollout, const policy::Decision& decision);

  // An action, whose records the actuator has written.
  void action(const alert::Signal& signal, const Target& target, policy::Verdict verdict, policy::Reason reason);

 private:
  void count(const alert::Signal& signal, policy::Verdict verdict, policy::Reason reason);

  audit::AuditLog& log_;
  Logger& logger_;
  Metrics& metrics_;
  Counter repeats_;
  DecisionMemory memory_;
};

}  // namespace canaryd::engine
