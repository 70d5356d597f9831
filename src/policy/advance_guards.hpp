#pragma once

#include <optional>
#include <string>
#include <utility>

#include "canaryd/policy/advance.hpp"

namespace canaryd::policy {

// What one guard says: nothing against it, or why not.
struct Answer {
  bool passed = true;
  std::string detail;
};

// All that the guards of an advance look at.
struct Look {
  const AdvanceRequest& request;
  const traffic::Rollout& rollout;
  const traffic::ComponentRollout& canary;
  const Policy& policy;
  const AdvanceFacts& facts;
  int percent;  // of the canary, 0 to 100
};

// The answer of one guard of the table; nullopt for those that the engine asks, and for the gate's before it was asked.
// Those that say whether there is a canary at all have passed by then. Pure.
std::optional<Answer> ask(Reason guard, const Look& look);

}  // namespace canaryd::policy
