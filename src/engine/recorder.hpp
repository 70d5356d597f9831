#pragma once

#include <string>
#include <vector>

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
};

// A decision without an action that is not on disk yet.
struct Note {
  DecisionMemory::Decided decided;
  audit::Record record;
  policy::Verdict verdict;
  policy::Reason reason;
  std::string about;   // whom, in words
  std::string detail;  // of the guard that decided
};

// Says decisions aloud: audit record, log line, metric. Safe from any thread.
class Recorder {
 public:
  Recorder(audit::AuditLog& log, Logger& logger, Metrics& metrics);

  // Takes down a decision without an action; nothing is written yet. `target` and `rollout` are nullptr where there is
  // none.
  Note note(const Origin& origin, const alert::Signal& signal, const Target* target, const traffic::Rollout* rollout,
            const policy::Decision& decision);

  // Writes the decisions of one notification as one group and waits for the disk once. Those that repeat the last about
  // their alert's episode are only counted. When the records cannot be written, each is a retry.
  std::vector<Handled> write(std::vector<Note> notes);

  // An action, whose records the actuator has written.
  void action(const alert::Signal& signal, const Target& target, policy::Verdict verdict, policy::Reason reason);
  // Counts a decision that no alert asked for.
  void count(const std::string& action, policy::Verdict verdict, policy::Reason reason);

 private:
  void say(const Note& note);

  audit::AuditLog& log_;
  Logger& logger_;
  Metrics& metrics_;
  Counter repeats_;
  DecisionMemory memory_;
};

}  // namespace canaryd::engine
