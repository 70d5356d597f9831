#include "engine/event_reason.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace canaryd;
using namespace canaryd::engine;
using policy::Reason;

TEST_CASE("the reasons of events are in camel case and differ") {
  CHECK(event_reason(Reason::rolled_back) == "CanaryRolledBack");
  CHECK(event_reason(Reason::rollback_blocked) == "RollbackBlocked");
  CHECK(event_reason(Reason::stable_reverted) == "StableReverted");
  CHECK(event_reason(Reason::undone) == "RollbackUndone");
  std::set<std::string> all;
  for (const auto& info : policy::all_reasons()) {
    const std::string name = event_reason(info.reason);
    CHECK(all.insert(name).second);
    CHECK_MESSAGE((name[0] >= 'A' && name[0] <= 'Z' && name.find('_') == std::string::npos), name);
  }
}
