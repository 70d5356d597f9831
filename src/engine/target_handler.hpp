#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actuator.hpp"
#include "advance_facts.hpp"
#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "open_rollbacks.hpp"
#include "reader.hpp"
#include "recorder.hpp"
#include "target_locks.hpp"

namespace canaryd::engine {

// Decides about the bad alerts of one notification about one target, one notification at a time, and has the rollback
// done. Safe from any thread.
class TargetHandler {
 public:
  TargetHandler(const Settings& settings, Reader& reader, Actuator& actuator, Recorder& recorder, TargetLocks& locks,
                const AdvanceFactFinder& facts, OpenRollbacks& open, const Clock& clock);

  // What was done, or that it must be tried again; without words when nothing was. The decisions without an action are
  // added to `notes`: the caller has them written. What could not be done now stays open.
  Handled handle(const Rules& rules, const Delivery& delivery, const Target& target, std::vector<alert::Signal> signals,
                 std::vector<Note>& notes);
  // An open rollback that the configuration asks for no more.
  void give_up(const alert::Signal& signal) { open_.settled(signal); }

 private:
  struct Case;
  struct Judged {
    policy::Decision act;                                                    // the union of those with Verdict::act
    std::vector<alert::Signal> acting;                                       // that ask for it
    std::vector<std::pair<const alert::Signal*, policy::Decision>> passive;  // of the case's signals
  };

  std::optional<policy::Decision> without_reading(const alert::Signal& signal, const Target& target,
                                                  const Delivery& delivery) const;
  Handled decide_and_act(Case& item);
  std::optional<Handled> once(Case& item, const Result<Reading>& reading);
  Judged judge(Case& item, const traffic::Rollout& rollout);
  std::optional<Handled> act(Case& item, const Reading& reading, const Judged& judged);
  void note_all(Case& item, const policy::Decision& decision);
  bool is_late(const Delivery& delivery) const;
  Handled late(const Delivery& delivery, const Target& target, const std::vector<alert::Signal>& signals);
  void keep_or_settle(const alert::Signal& signal, const Delivery& delivery, policy::Reason reason);
  void note(Case& item, const alert::Signal& signal, const traffic::Rollout* rollout, const policy::Decision& decision);
  void observe(Case& item, const Reading& reading, const alert::Signal& signal, const policy::Decision& decision);

  const Settings& settings_;
  Reader& reader_;
  Actuator& actuator_;
  Recorder& recorder_;
  TargetLocks& locks_;
  const AdvanceFactFinder& facts_;
  OpenRollbacks& open_;
  const Clock& clock_;
};

}  // namespace canaryd::engine
