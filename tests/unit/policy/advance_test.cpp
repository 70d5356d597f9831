#include "canaryd/policy/advance.hpp"

#include <doctest/doctest.h>

#include "policy/advances.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

namespace {

// The step of a canary at `percent`, asked for by hand: "5 to 10", "100 to none", or what stopped it.
std::string step_from(int percent, const Policy& policy = promoting()) {
  Case situation{asked_by_hand(), canary_at(percent), policy, all_evidence()};
  const auto decision = situation.advance();
  if (!decision.step) return words_of(decision);
  return std::to_string(decision.step->from) + " to " +
         (decision.step->to ? std::to_string(*decision.step->to) : std::string("none"));
}

std::string decided(const Case& situation) { return words_of(situation.advance()); }

}  // namespace

TEST_CASE("with all evidence a canary goes one stage on") {
  const auto decision = Case{}.advance();
  CHECK(words_of(decision) == "act advanced");
  REQUIRE(decision.step.has_value());
  CHECK(decision.step->component == traffic::Component::predictor);
  CHECK(decision.step->from == 10);
  CHECK(decision.step->to == 25);
  CHECK(failing(decision).empty());
  CHECK(decision.components.empty());  // of a rollback only
}

TEST_CASE("a canary goes through every stage and then the field is removed") {
  CHECK(step_from(0) == "0 to 5");
  CHECK(step_from(5) == "5 to 10");
  CHECK(step_from(10) == "10 to 25");
  CHECK(step_from(25) == "25 to 50");
  CHECK(step_from(50) == "50 to 75");
  CHECK(step_from(75) == "75 to 100");
  CHECK(step_from(100) == "100 to none");
  CHECK(words_of(Case{healthy(100), canary_at(100), promoting(), all_evidence()}.advance()) == "act promoted");
}

TEST_CASE("from a share between two stages it goes to the next higher one") {
  CHECK(step_from(1) == "1 to 5");
  CHECK(step_from(7) == "7 to 10");
  CHECK(step_from(99) == "99 to 100");
}

TEST_CASE("never more than one stage at a time whatever stages a policy lists") {
  auto policy = promoting();
  policy.promotion.stages = {50, 20};
  CHECK(step_from(5, policy) == "5 to 20");
  CHECK(step_from(50, policy) == "50 to 100");  // and not promoted: it never had all traffic
  policy.promotion.stages = {};
  CHECK(step_from(5, policy) == "5 to 100");
  for (int percent = 0; percent < 100; ++percent) {
    const auto next = next_stage(promoting().promotion, percent);
    REQUIRE(next.has_value());
    CHECK(*next > percent);
    for (const int stage : promoting().promotion.stages) CHECK_FALSE((stage > percent && stage < *next));
  }
}

TEST_CASE("all guards that stop it are listed in the order of the table and the first decides") {
  Case situation;
  std::string expected;
  for (const auto& obstacle : obstacles()) {
    obstacle.put(situation);
    expected += (expected.empty() ? "" : " ") + std::string(name_of(obstacle.guard));
  }
  const auto decision = situation.advance();
  CHECK(words_of(decision) == "hold stopped");
  CHECK(failing(decision) == expected);
  CHECK_FALSE(decision.step.has_value());
  for (const auto& guard : decision.guards) {
    if (!guard.passed) CHECK_FALSE(guard.detail.empty());
  }
}

TEST_CASE("several overrides are needed where several guards stop it") {
  Case situation{asked_by_hand({Reason::dwell}), canary_at(10), promoting(), all_evidence()};
  situation.facts.share_since.reset();
  situation.facts.breaker_open = true;
  CHECK(decided(situation) == "hold breaker_open");
  situation.request.overrides = {Reason::dwell, Reason::breaker_open};
  CHECK(decided(situation) == "act advanced");
  situation.facts.bad_alerts = {"CanaryFailing"};
  situation.request.overrides.push_back(Reason::bad_alert_active);
  CHECK(decided(situation) == "hold bad_alert_active");
}

TEST_CASE("with the shipped defaults nothing is promoted") {
  Case situation;
  situation.policy = Policy{};
  CHECK(decided(situation) == "refuse promotion_off");
  CHECK_FALSE(Policy{}.promotion.enabled);
}

TEST_CASE("what is not known of canaryd itself holds by default") {
  Case situation;
  situation.facts = AdvanceFacts{};
  situation.facts.now = at("12:00:00");
  CHECK(failing(situation.advance()) == "state_unknown warming_up dwell");
}

TEST_CASE("the gate is left out while it was not asked") {
  Case situation;
  situation.facts.gate.reset();
  const auto decision = situation.advance();
  CHECK(words_of(decision) == "act advanced");
  for (const auto& guard : decision.guards) {
    CHECK(guard.reason != Reason::gate_failed);
    CHECK(guard.reason != Reason::gate_unknown);
  }
}

TEST_CASE("a bad alert that only Prometheus knows holds and no override of the gate lets it pass") {
  Case situation{asked_by_hand({Reason::gate_failed, Reason::gate_unknown}), canary_at(10), promoting(),
                 all_evidence()};
  situation.facts.gate =
      GateAnswer{GateAnswer::Verdict::failed, {"failed: CanaryDown is pending or firing"}, {"CanaryDown"}};
  CHECK(decided(situation) == "hold bad_alert_active");
}

TEST_CASE("at 0 a person gives the first share without dwell and gate and an alert gives none") {
  auto facts = all_evidence();
  facts.share_since = facts.now;
  facts.gate = GateAnswer{};
  CHECK(words_of(Case{asked_by_hand(), canary_at(0), promoting(), facts}.advance()) == "act advanced");
  CHECK(words_of(Case{healthy(0), canary_at(0), promoting(), facts}.advance()) == "hold at_zero");
  facts.quarantined = true;
  CHECK(words_of(Case{asked_by_hand(), canary_at(0), promoting(), facts}.advance()) == "hold quarantined");
}

TEST_CASE("mode observe says what would be done and only where nothing else stops it") {
  Case situation;
  situation.policy->mode = Mode::observe;
  auto decision = situation.advance();
  CHECK(words_of(decision) == "hold observe_only");
  CHECK(would_act(decision));
  REQUIRE(decision.step.has_value());
  CHECK(decision.step->to == 25);
  situation.facts.breaker_open = true;
  decision = situation.advance();
  CHECK(failing(decision) == "breaker_open observe_only");
  CHECK_FALSE(would_act(decision));
  CHECK_FALSE(decision.step.has_value());
  const auto rollback = situation.rolled_back();
  CHECK(words_of(rollback) == "hold observe_only");
  CHECK(would_act(rollback));
  CHECK(rollback.components == std::vector{traffic::Component::predictor});
}
