#include "canaryd/policy/guard_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "canaryd/base/file.hpp"
#include "policy/advances.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

namespace {

// The engine asks these before there is anything to decide.
bool asked_by_the_engine(Reason guard) { return guard == Reason::not_in_scope || guard == Reason::audit_unavailable; }

Case stopped_by(Reason guard, bool by_hand) {
  Case situation;
  situation.request.by_hand = by_hand;
  if (by_hand) situation.request.starts_at.reset();
  auto all = obstacles();
  for (auto& other : other_situations()) all.push_back(std::move(other));
  const auto found = std::find_if(all.begin(), all.end(), [&](const Obstacle& o) { return o.guard == guard; });
  REQUIRE_MESSAGE(found != all.end(), "no situation is known for " << name_of(guard));
  found->put(situation);
  return situation;
}

void check(const Decision& decision, Reason guard, bool stops) {
  CAPTURE(words_of(decision));
  CHECK((decision.verdict == Verdict::act) == !stops);
  CHECK((decision.reason == guard) == stops);
  if (stops) CHECK(failing(decision) == name_of(guard));  // by its own reason alone
}

const GuardRule& rule_of(Reason guard) {
  const auto rules = guard_table();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.reason == guard; });
  REQUIRE_MESSAGE(found != rules.end(), "no guard " << name_of(guard));
  return *found;
}

std::string cell(bool stops, bool by_name = false) {
  if (!stops) return "no";
  return by_name ? "unless named" : "yes";
}

}  // namespace

TEST_CASE("every pair of action and guard holds as the table says") {
  std::size_t pairs = 0;
  for (const auto& rule : guard_table()) {
    if (asked_by_the_engine(rule.reason)) continue;
    CAPTURE(name_of(rule.reason));
    if (rule.reason != Reason::at_zero)
      check(stopped_by(rule.reason, false).rolled_back(), rule.reason, rule.stops_rollback);
    if (rule.reason != Reason::not_last_stage)
      check(stopped_by(rule.reason, false).advance(), rule.reason, rule.stops_advance);
    check(stopped_by(rule.reason, true).advance(), rule.reason, rule.stops_by_hand);
    pairs += 3;
  }
  CHECK(pairs == 3 * (guard_table().size() - 2));
  // At 0 there is nothing left to roll back.
  CHECK(words_of(stopped_by(Reason::at_zero, false).rolled_back()) == "noop already_rolled_back");
}

TEST_CASE("a person passes over a guard by naming it and only where the table allows it") {
  for (const auto& rule : guard_table()) {
    if (asked_by_the_engine(rule.reason) || !rule.stops_by_hand) continue;
    CAPTURE(name_of(rule.reason));
    auto situation = stopped_by(rule.reason, true);
    situation.request.overrides = {rule.reason};
    const auto decision = situation.advance();
    CHECK((decision.verdict == Verdict::act) == rule.may_override);
    CHECK(failing(decision) == name_of(rule.reason));  // that it did not pass is said all the same
    const auto named = std::find_if(decision.guards.begin(), decision.guards.end(),
                                    [&](const Guard& guard) { return guard.reason == rule.reason; });
    REQUIRE(named != decision.guards.end());
    CHECK(named->overridden == rule.may_override);
    situation = stopped_by(rule.reason, false);
    if (!rule.stops_advance) continue;
    situation.request.overrides = {rule.reason};
    CHECK(situation.advance().verdict != Verdict::act);  // an alert overrides nothing
  }
}

TEST_CASE("a step is taken exactly when all that stands in its way was passed over by name") {
  std::minstd_rand random(20260801);  // the same cases each time
  const auto likely = [&](unsigned one_in) { return random() % one_in == 0; };
  const auto all = obstacles();
  int acted = 0;
  constexpr int cases = 20000;
  for (int i = 0; i < cases; ++i) {
    Case situation;
    situation.request.by_hand = likely(2);
    const auto rarity = static_cast<unsigned>(2 + random() % 30);
    bool free = true;
    std::string expected;
    for (const auto& obstacle : all) {
      const auto& rule = rule_of(obstacle.guard);
      const bool named = likely(2);
      if (named) situation.request.overrides.push_back(obstacle.guard);
      if (!likely(rarity)) continue;
      obstacle.put(situation);
      if (!(situation.request.by_hand ? rule.stops_by_hand : rule.stops_advance)) continue;
      expected += (expected.empty() ? "" : " ") + std::string(name_of(obstacle.guard));
      free = free && situation.request.by_hand && named && rule.may_override;
    }
    const auto decision = situation.advance();
    CAPTURE(expected);
    REQUIRE((decision.verdict == Verdict::act) == free);
    REQUIRE(failing(decision) == expected);
    if (!free) continue;
    ++acted;
    REQUIRE(decision.step->from == 10);
    REQUIRE(decision.step->to == 25);
  }
  CHECK(acted > cases / 20);
  CHECK(acted < cases);
}

TEST_CASE("nothing that protects the stable revision may be overridden") {
  std::string names;
  for (const auto& rule : guard_table()) {
    if (rule.may_override) names += (names.empty() ? "" : " ") + std::string(name_of(rule.reason));
    CHECK(may_override(rule.reason) == rule.may_override);
  }
  CHECK(names == "held frozen breaker_open quarantined lowered_by_hand warming_up dwell gate_unknown gate_failed");
  CHECK_FALSE(may_override(Reason::conflict));
}

TEST_CASE("a guard stands in the table once and observe comes last") {
  std::set<Reason> seen;
  for (const auto& rule : guard_table()) CHECK(seen.insert(rule.reason).second);
  CHECK(guard_table().back().reason == Reason::observe_only);
  for (const auto guard : {Reason::held, Reason::frozen, Reason::breaker_open, Reason::quarantined, Reason::dwell,
                           Reason::gate_unknown, Reason::gate_failed, Reason::at_zero, Reason::lowered_by_hand,
                           Reason::newer_revision_pending, Reason::not_converged, Reason::several_components,
                           Reason::warming_up, Reason::state_unknown, Reason::bad_alert_active}) {
    CAPTURE(name_of(guard));
    CHECK_FALSE(rule_of(guard).stops_rollback);
    CHECK(rule_of(guard).stops_advance);
  }
}

TEST_CASE("the documented table of guards is the code's") {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE_MESSAGE(source != nullptr, "CANARYD_SOURCE must name the source folder");
  const auto doc = read_file(std::string(source) + "/docs/guards.md");
  REQUIRE(doc.has_value());
  std::string table =
      "| guard | passes when | stops a rollback | stops an advance by an alert | stops one by hand |\n"
      "|---|---|---|---|---|\n";
  for (const auto& rule : guard_table()) {
    table += "| `" + std::string(name_of(rule.reason)) + "` | " + std::string(rule.passes_when) + " | " +
             cell(rule.stops_rollback) + " | " + cell(rule.stops_advance) + " | " +
             cell(rule.stops_by_hand, rule.may_override) + " |\n";
  }
  CHECK_MESSAGE(doc->find(table + "\n") != std::string::npos, "docs/guards.md should hold this table:\n\n" << table);
}
