#include "event_reason.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace canaryd::engine {

namespace {

using policy::Reason;

struct Named {
  Reason reason;
  std::string_view name;
};

// Those whose own name does not say in `kubectl describe` what it is about.
constexpr std::array names{
    Named{Reason::rolled_back, "CanaryRolledBack"},
    Named{Reason::advanced, "CanaryAdvanced"},
    Named{Reason::promoted, "CanaryPromoted"},
    Named{Reason::restarted, "CanaryRestarted"},
    Named{Reason::already_rolled_back, "CanaryAlreadyRolledBack"},
    Named{Reason::held, "CanaryHeld"},
    Named{Reason::frozen, "CanaryFrozen"},
    Named{Reason::quarantined, "CanaryQuarantined"},
    Named{Reason::at_zero, "CanaryAtZero"},
    Named{Reason::lowered_by_hand, "CanaryLoweredByHand"},
    Named{Reason::not_converged, "CanaryNotConverged"},
    Named{Reason::dwell, "CanaryDwells"},
    Named{Reason::bypassed, "CanaryBypassed"},
    Named{Reason::dark, "CanaryDark"},
    Named{Reason::undone, "RollbackUndone"},
    Named{Reason::conflict, "PatchConflict"},
    Named{Reason::forbidden, "PatchForbidden"},
    Named{Reason::rehearsed, "RollbackRehearsed"},
    Named{Reason::stopped, "CanarydStopped"},
    Named{Reason::warming_up, "CanarydWarmingUp"},
};

// "rollback_blocked" as "RollbackBlocked".
std::string camel_case(std::string_view name) {
  std::string out;
  bool starts = true;
  for (const char c : name) {
    if (c != '_') out += starts && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    starts = c == '_';
  }
  return out;
}

}  // namespace

std::string event_reason(Reason reason) {
  const auto* named = std::find_if(names.begin(), names.end(), [&](const Named& n) { return n.reason == reason; });
  return named != names.end() ? std::string(named->name) : camel_case(name_of(reason));
}

}  // namespace canaryd::engine
