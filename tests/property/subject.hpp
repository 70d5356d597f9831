#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/notification.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/policy/reason.hpp"

namespace canaryd::property {

// What a person asks canaryd for.
struct Ask {
  enum class Verb : std::uint8_t { rollback, advance, promote, hold, release, stop, start };
  Verb verb = Verb::hold;
  std::string service;  // empty: of all
  std::optional<WallTime> until;
  std::vector<policy::Reason> overrides;
};
const char* name_of(Ask::Verb verb);

struct Answered {
  int status = 200;
  std::string text;
};

// One record of its audit log, as far as the oracle reads it.
struct Said {
  std::string kind;
  std::string id;
  std::string service;
  std::string action;
  std::string reason;
  std::string patch;
  std::string result;                     // of an outcome
  std::vector<std::string> fingerprints;  // of its alerts
};

// One replica of canaryd under a story: the bare decisions, or the whole engine.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Answered deliver(const std::vector<alert::Alert>& alerts) = 0;
  virtual Answered ask(const Ask& ask) = 0;
  virtual void restart() = 0;
  virtual void die_after(int writes) = 0;  // of files, from now on; then nothing more is written until a restart
  virtual void see() = 0;                  // the watch brings what it has
  virtual void list_anew() = 0;            // the watch was lost: the copies are doubtful until the list
  virtual void lose_watch() = 0;
  virtual void work() = 0;  // its background has had a turn
  virtual void fail_audit(bool fails) = 0;
  virtual std::vector<Said> said() = 0;                      // since it was asked last
  virtual bool has_intent_of(const std::string& patch) = 0;  // on disk, and without an outcome
  virtual std::string verify() = 0;                          // of the log; empty: intact
  virtual std::string manager() const = 0;                   // its field manager
};

}  // namespace canaryd::property
