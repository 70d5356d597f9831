#include "canaryd/policy/decide.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "rollouts.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;
using traffic::Component;
using traffic::ConditionStatus;

namespace {

std::string reason_of(const Decision& decision) {
  return std::string(name_of(decision.verdict)) + " " + std::string(name_of(decision.reason));
}

std::string decided(const alert::Signal& signal, const traffic::Rollout& rollout,
                    const Circumstances& circumstances = noon(), const Policy& policy = default_policy()) {
  return reason_of(decide_rollback(signal, rollout, &policy, circumstances));
}

Circumstances with_previous(int number, ConditionStatus ready) {
  auto circumstances = noon();
  circumstances.revision_ready[rev(number)] = ready;
  circumstances.full_since[rev(2)] = at("11:00:00");
  return circumstances;
}

}  // namespace

TEST_CASE("a firing alert about the canary takes it to 0 at every percent from 1 to 99") {
  for (int percent = 1; percent <= 99; ++percent) {
    const auto policy = default_policy();
    const auto decision = decide_rollback(bad_alert(rev(2)), rollout(percent, {2, 2, 1}), &policy, noon());
    CHECK(reason_of(decision) == "act rolled_back");
    CHECK(decision.components == std::vector{Component::predictor});
  }
}

TEST_CASE("a canary at 100 that KServe has not rolled out yet is taken to 0 too") {
  CHECK(decided(bad_alert(rev(2)), rollout(100, {2, 2, 1})) == "act rolled_back");
}

TEST_CASE("every row of the observed transitions has its decision") {
  struct Row {
    std::optional<int> percent;
    Numbers numbers;
    int named;
    const char* expected;
  };
  for (const auto& row : {Row{std::nullopt, {1, 1, 1, 0}, 1, "refuse no_canary"},  // first model
                          Row{0, {1, 1, 1, 0}, 1, "refuse no_canary"},             // first model with 0
                          Row{5, {2, 2, 1, 0}, 2, "act rolled_back"},              // model 2 applied with 5
                          Row{0, {2, 2, 1, 0}, 2, "noop already_rolled_back"},     // rolled back
                          Row{std::nullopt, {2, 2, 2, 1}, 2, "refuse no_canary"},  // promoted
                          Row{0, {2, 2, 1, 1}, 2, "noop already_rolled_back"},     // rolled back from stage 100
                          Row{20, {3, 3, 2, 1}, 3, "act rolled_back"},             // model 3 over promoted 2
                          Row{20, {4, 4, 2, 1}, 4, "act rolled_back"},             // model 4 over rolled-back 3
                          Row{20, {4, 3, 2, 0}, 3, "act rolled_back"},             // 4 pending: 3 keeps the share
                          Row{20, {5, 5, 2, 1}, 4, "refuse stale_revision"},       // an annotation made 5
                          Row{150, {2, 2, 1, 0}, 2, "act rolled_back"}}) {         // Knative refuses 150
    CAPTURE(row.expected);
    CHECK(decided(bad_alert(rev(row.named)), rollout(row.percent, row.numbers)) == row.expected);
  }
}

TEST_CASE("trap 1 a percent left behind with no canary in flight is never patched") {
  for (const int percent : {1, 5, 50, 99}) {
    CHECK(decided(bad_alert(rev(2)), rollout(percent, {2, 2, 2, 1})) == "refuse no_canary");
    CHECK(decided(bad_alert(std::nullopt), rollout(percent, {2, 2, 2, 1})) == "refuse no_canary");
  }
}

TEST_CASE("trap 2 a first deployment has no stable revision") {
  CHECK(decided(bad_alert(rev(1)), rollout(20, {1, 1, 0})) == "refuse no_stable_revision");
}

TEST_CASE("trap 4 standard mode is refused because the percent has no effect there") {
  auto object = rollout(20, {2, 2, 1});
  object.mode = traffic::Mode::standard;
  CHECK(decided(bad_alert(rev(2)), object) == "refuse unsupported_mode");
  object.mode = traffic::Mode::unknown;
  CHECK(decided(bad_alert(rev(2)), object) == "act rolled_back");
  object.components[0] = component(20, {});
  CHECK(decided(bad_alert(rev(2)), object) == "refuse unsupported_mode");
}

TEST_CASE("a late alert for an older revision leaves the new canary alone") {
  CHECK(decided(bad_alert(rev(2)), rollout(20, {3, 3, 1})) == "refuse stale_revision");
}

TEST_CASE("an alert about the stable revision leaves the canary alone") {
  CHECK(decided(bad_alert(rev(1)), rollout(20, {2, 2, 1})) == "refuse stale_revision");
}

TEST_CASE("an alert about a newer revision that is not ready holds") {
  CHECK(decided(bad_alert(rev(3)), rollout(20, {3, 2, 1})) == "hold canary_not_ready");
}

TEST_CASE("a newer revision that is not ready never blocks a rollback") {
  CHECK(decided(bad_alert(rev(2)), rollout(20, {3, 2, 1})) == "act rolled_back");
}

TEST_CASE("a resolved alert is no health and no rollback") {
  auto signal = bad_alert(rev(2));
  signal.alert.status = alert::AlertStatus::resolved;
  CHECK(decided(signal, rollout(20, {2, 2, 1})) == "noop resolved");
}

TEST_CASE("a rollback that status does not show is told from one that is done") {
  auto object = rollout(0, {2, 2, 1});
  object.components[0].traffic = {{rev(2), 20, ""}, {rev(1), 80, "prev"}};
  CHECK(decided(bad_alert(rev(2)), object) == "noop rollback_pending");
  CHECK(decided(bad_alert(std::nullopt), object) == "noop rollback_pending");
  object.components[0].route = {ConditionStatus::is_false, "RevisionMissing", "Traffic targets aren't ready"};
  CHECK(decided(bad_alert(rev(2)), object) == "noop rollback_blocked");
}

TEST_CASE("the shares of a revision that stands twice in status are summed") {
  auto object = rollout(0, {2, 2, 1});
  object.components[0].traffic = {{rev(2), 0, "latest"}, {rev(2), 5, "prev"}, {rev(1), 95, "prev"}};
  CHECK(decided(bad_alert(rev(2)), object) == "noop rollback_pending");
}

TEST_CASE("at stage 100 a rollback works when the previous revision is Ready") {
  const auto object = rollout(100, {2, 2, 2, 1});
  const auto policy = default_policy();
  auto circumstances = with_previous(1, ConditionStatus::is_true);
  circumstances.now = at("11:20:00");
  CHECK(revisions_to_ask(object) == std::vector{rev(1)});
  CHECK(decided(bad_alert(rev(2)), object, circumstances, policy) == "act rolled_back");
}

TEST_CASE("at stage 100 doubt about the previous revision holds") {
  const auto object = rollout(100, {2, 2, 2, 1});
  for (const auto ready : {ConditionStatus::is_false, ConditionStatus::unknown, ConditionStatus::absent}) {
    auto circumstances = with_previous(1, ready);
    circumstances.now = at("11:20:00");
    CHECK(decided(bad_alert(rev(2)), object, circumstances) == "hold rollback_impossible");
  }
  auto nothing_known = noon();
  nothing_known.now = at("11:20:00");
  CHECK(decided(bad_alert(rev(2)), object, nothing_known) == "hold rollback_impossible");
}

TEST_CASE("at stage 100 a newer revision makes the rollback impossible because it would have no effect") {
  auto circumstances = with_previous(1, ConditionStatus::is_true);
  circumstances.now = at("11:20:00");
  CHECK(decided(bad_alert(rev(2)), rollout(100, {3, 2, 2, 1}), circumstances) == "hold rollback_impossible");
}

TEST_CASE("at stage 100 a missing or future time holds and a long past one is a promotion") {
  const auto object = rollout(100, {2, 2, 2, 1});
  auto circumstances = with_previous(1, ConditionStatus::is_true);
  circumstances.now = at("11:20:00");
  circumstances.full_since.clear();
  CHECK(decided(bad_alert(rev(2)), object, circumstances) == "hold rollback_impossible");
  circumstances.full_since[rev(2)] = at("11:50:00");
  CHECK(decided(bad_alert(rev(2)), object, circumstances) == "hold rollback_impossible");
  circumstances.full_since[rev(2)] = at("10:00:00");
  CHECK(decided(bad_alert(rev(2)), object, circumstances) == "refuse no_canary");
}

TEST_CASE("an alert without a revision must have begun after it can only be about this canary") {
  const auto object = rollout(20, {2, 2, 1});
  auto circumstances = noon();
  CHECK(decided(bad_alert(std::nullopt), object, circumstances) == "hold stale_alert");
  circumstances.first_traffic[rev(2)] = at("11:40:00");
  CHECK(decided(bad_alert(std::nullopt, "11:49:59"), object, circumstances) == "hold stale_alert");
  CHECK(decided(bad_alert(std::nullopt, "11:50:00"), object, circumstances) == "hold stale_alert");
  CHECK(decided(bad_alert(std::nullopt, "11:50:01"), object, circumstances) == "act rolled_back");
}

TEST_CASE("a policy may hold all alerts without a revision") {
  auto circumstances = noon();
  circumstances.first_traffic[rev(2)] = at("09:00:00");
  auto policy = default_policy();
  policy.unattributed = Unattributed::hold;
  CHECK(decided(bad_alert(std::nullopt), rollout(20, {2, 2, 1}), circumstances, policy) == "hold stale_alert");
}

TEST_CASE("several components in flight go to 0 in one decision") {
  auto object = rollout(20, {2, 2, 1});
  object.components.push_back(component(10, {2, 2, 1}, Component::transformer));
  object.components.push_back(component(0, {2, 2, 1}, Component::explainer));
  auto policy = default_policy();
  const auto together = decide_rollback(bad_alert(rev(2)), object, &policy, noon());
  CHECK(together.components == std::vector{Component::predictor, Component::transformer});
  policy.components = Components::independent;
  const auto alone = decide_rollback(bad_alert(rev(2, "transformer")), object, &policy, noon());
  CHECK(alone.components == std::vector{Component::transformer});
}

TEST_CASE("a component without a canary is not touched by the rollback of another") {
  auto object = rollout(20, {2, 2, 1});
  object.components.push_back(component(10, {2, 2, 2, 1}, Component::transformer));
  const auto policy = default_policy();
  const auto decision = decide_rollback(bad_alert(rev(2)), object, &policy, noon());
  CHECK(decision.components == std::vector{Component::predictor});
}

TEST_CASE("the stop file holds a rollback and nothing else of the table does") {
  auto circumstances = noon();
  circumstances.stopped = true;
  CHECK(decided(bad_alert(rev(2)), rollout(20, {2, 2, 1}), circumstances) == "hold stopped");
  CHECK(decided(bad_alert(rev(2)), rollout(0, {2, 2, 1}), circumstances) == "noop already_rolled_back");
}

TEST_CASE("no policy and a policy without rollback refuse") {
  CHECK(reason_of(decide_rollback(bad_alert(rev(2)), rollout(20, {2, 2, 1}), nullptr, noon())) == "refuse no_policy");
  auto policy = default_policy();
  policy.rollback = false;
  CHECK(decided(bad_alert(rev(2)), rollout(20, {2, 2, 1}), noon(), policy) == "refuse rollback_off");
}

TEST_CASE("a service that is being deleted is left alone") {
  auto object = rollout(20, {2, 2, 1});
  object.deleting = true;
  CHECK(decided(bad_alert(rev(2)), object) == "refuse not_found");
}

TEST_CASE("every decision says which guard decided and with what it saw") {
  const auto policy = default_policy();
  for (const auto& object :
       {rollout(20, {2, 2, 1}), rollout(0, {2, 2, 1}), rollout(5, {2, 2, 2, 1}), rollout(20, {3, 3, 1})}) {
    const auto decision = decide_rollback(bad_alert(rev(2)), object, &policy, noon());
    REQUIRE_FALSE(decision.guards.empty());
    if (decision.verdict == Verdict::act) {
      CHECK(std::all_of(decision.guards.begin(), decision.guards.end(), [](const Guard& g) { return g.passed; }));
    } else {
      CHECK_FALSE(decision.guards.back().passed);
      CHECK(decision.guards.back().reason == decision.reason);
      CHECK_FALSE(decision.guards.back().detail.empty());
      CHECK(decision.components.empty());
    }
  }
}

TEST_CASE("components in their last stage go along with the one that an alert is about") {
  auto object = rollout(100, {2, 2, 2, 1});
  object.components.push_back(component(100, {2, 2, 2, 1}, Component::transformer));
  auto circumstances = with_previous(1, ConditionStatus::is_true);
  circumstances.revision_ready[rev(1, "transformer")] = ConditionStatus::is_true;
  circumstances.full_since[rev(2, "transformer")] = at("11:00:00");
  circumstances.now = at("11:20:00");
  const auto policy = default_policy();
  CHECK(decide_rollback(bad_alert(rev(2)), object, &policy, circumstances).components ==
        std::vector{Component::predictor, Component::transformer});
  circumstances.full_since[rev(2, "transformer")] = at("10:00:00");
  CHECK(decide_rollback(bad_alert(rev(2)), object, &policy, circumstances).components ==
        std::vector{Component::predictor});
  circumstances.full_since[rev(2, "transformer")] = at("11:00:00");
  circumstances.revision_ready[rev(1, "transformer")] = ConditionStatus::is_false;
  CHECK(decide_rollback(bad_alert(rev(2)), object, &policy, circumstances).components ==
        std::vector{Component::predictor});
}

TEST_CASE("a component left at 100 does not hide the canary of another from an alert without a revision") {
  auto object = rollout(100, {2, 2, 2, 1});
  object.components.push_back(component(20, {2, 2, 1}, Component::transformer));
  auto circumstances = noon();
  circumstances.first_traffic[rev(2)] = at("09:00:00");
  circumstances.first_traffic[rev(2, "transformer")] = at("11:40:00");
  const auto policy = default_policy();
  const auto decision = decide_rollback(bad_alert(std::nullopt), object, &policy, circumstances);
  CHECK(reason_of(decision) == "act rolled_back");
  CHECK(decision.components == std::vector{Component::transformer});
}

TEST_CASE("shares at 0 with a route that is not ready are not called done") {
  auto object = rollout(0, {2, 2, 1});
  object.components[0].route.status = ConditionStatus::unknown;
  CHECK(decided(bad_alert(rev(2)), object) == "noop rollback_pending");
  object.components[0].route.status = ConditionStatus::is_false;
  CHECK(decided(bad_alert(rev(2)), object) == "noop rollback_blocked");
}

TEST_CASE("an alert without a revision that begins in the future proves nothing") {
  auto circumstances = noon();
  circumstances.first_traffic[rev(2)] = at("11:00:00");
  CHECK(decided(bad_alert(std::nullopt, "12:10:00"), rollout(20, {2, 2, 1}), circumstances) == "hold stale_alert");
}

TEST_CASE("an alert from before the service was created is about another of its name") {
  auto object = rollout(20, {2, 2, 1});
  object.created = at("11:50:00");
  CHECK(decided(bad_alert(rev(2), "11:49:59"), object) == "hold stale_alert");
  CHECK(decided(bad_alert(rev(2), "11:50:00"), object) == "act rolled_back");
}
