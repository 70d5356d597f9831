#pragma once

#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "promoter.hpp"
#include "recorder.hpp"

namespace canaryd::engine {

// Decides about alerts that say a canary is healthy, and has the step done. Safe from any thread.
class AdvanceHandler {
 public:
  AdvanceHandler(const Settings& settings, const Promoter& promoter, Recorder& recorder, const Clock& clock)
      : settings_(settings), promoter_(promoter), recorder_(recorder), clock_(clock) {}

  // One alert with a target. What was done, or that it must be tried again; the decision without an action is added to
  // `notes`: the caller has it written.
  Handled handle(const Rules& rules, const Delivery& delivery, const alert::Signal& signal, std::vector<Note>& notes);

 private:
  const Settings& settings_;
  const Promoter& promoter_;
  Recorder& recorder_;
  const Clock& clock_;
};

}  // namespace canaryd::engine
