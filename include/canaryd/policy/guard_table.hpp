#pragma once

#include <span>
#include <string_view>

#include "canaryd/policy/reason.hpp"

namespace canaryd::policy {

// What one guard stops. The one table of it: decide_advance asks in its order, docs/guards.md prints it, and a test
// walks all pairs with decide_rollback and decide_advance.
struct GuardRule {
  Reason reason;  // the guard bears the name of the reason that it gives
  bool stops_rollback = false;
  bool stops_advance = false;  // asked for by an alert
  bool stops_by_hand = false;  // asked for by a person
  bool may_override = false;   // by that person, by name; never one that protects the stable revision
  std::string_view passes_when;
};

std::span<const GuardRule> guard_table();
// False for a reason that is no guard.
bool may_override(Reason reason);

}  // namespace canaryd::policy
