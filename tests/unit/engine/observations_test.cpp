#include "versions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

TEST_CASE("a release that canaryd takes from 5 percent to its promotion shows nothing") {
  const auto versions = our_promotion();
  CHECK(story(versions) == "");
  // Whichever versions the watch did not bring, unless it is all of them from before the canary to after its promotion.
  const std::size_t first_seen = 3;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    for (std::size_t j = i + 1; j < versions.size(); ++j) {
      if (i < first_seen && j + 1 == versions.size()) continue;
      CAPTURE(i);
      CAPTURE(j);
      CHECK(between(versions[i], versions[j]) == "");
    }
  }
}

TEST_CASE("a first deployment shows nothing whatever its percent") {
  CHECK(story({version({0, 0, 0, 0}, no_field, "", {}), version({1, 0, 0, 0}, no_field, "", {}), first}) == "");
  CHECK(story({version({0, 0, 0, 0}, 0, "kubectl", {}), version({1, 1, 1, 0}, 0, "kubectl", {{1, 0}, {1, 100}})}) ==
        "");
}

TEST_CASE("a deleted and a recreated service show nothing") {
  auto deleting = version({2, 2, 2, 1}, no_field, "", {{2, 100}});
  deleting.deleting = true;
  CHECK(between(first, deleting) == "");
  auto recreated = version({2, 2, 2, 1}, no_field, "", {{2, 100}});
  recreated.uid = Uid("uid-2");
  CHECK(between(first, recreated) == "");
  auto other_component = version({2, 2, 2, 1}, no_field, "", {{2, 100}});
  other_component.components[0].component = Component::transformer;
  CHECK(between(first, other_component) == "");
}

TEST_CASE("a percent below 100 with nothing in flight reverts the stable revision") {
  CHECK(story({promoted, version({2, 2, 2, 1}, 20, "argocd", {{2, 100}}),
               version({2, 2, 1, 1}, 20, "argocd", {{2, 20}, {1, 80}})}) ==
        "stable_reverted 2 from 20 to 20 by argocd");
  CHECK_MESSAGE(between(promoted, version({2, 2, 1, 1}, 0, "kubectl", {{2, 0}, {1, 100}})) ==
                    "stable_reverted 2 from none to 0 by kubectl",
                "both in one version");
  CHECK_MESSAGE(
      story({version({2, 2, 2, 1}, 20, "argocd", {{2, 100}}), version({2, 2, 1, 1}, 20, "argocd", {{2, 100}}),
             version({2, 2, 1, 1}, 20, "argocd", {{2, 20}, {1, 80}})}) == "stable_reverted 2 from 20 to 20 by argocd",
      "the shares follow later and are not told again as lowered");
}

TEST_CASE("a stable revision that went back further than one is reverted too") {
  CHECK(between(version({3, 3, 3, 2}, no_field, "", {{3, 100}}),
                version({3, 3, 1, 1}, 20, "argocd", {{3, 20}, {1, 80}})) ==
        "stable_reverted 3 from none to 20 by argocd");
}

TEST_CASE("a rollback from stage 100 is a revert by another and nothing by us") {
  const auto told = [](const std::string& manager) {
    return story({our_100, version({2, 2, 2, 1}, 0, manager, {{2, 100}}),
                  version({2, 2, 1, 1}, 0, manager, {{2, 0}, {1, 100}})});
  };
  CHECK(told(me) == "");
  CHECK(told("canaryd/b") == "");
  CHECK(told("kubectl") == "stable_reverted 2 from 0 to 0 by kubectl");
}

TEST_CASE("a newer revision that becomes ready under our 0 is dark") {
  CHECK(story({rolled_back, version({3, 2, 1, 0}, 0, me, {{2, 0}, {1, 100}}),
               version({3, 3, 1, 0}, 0, me, {{3, 0}, {1, 100}})}) == "dark 3 from 0 to 0 by canaryd/a");
  CHECK_MESSAGE(between(our_20, version({3, 3, 1, 0}, 0, me, {{3, 0}, {1, 100}})) == "dark 3 from 20 to 0 by canaryd/a",
                "it became ready while we rolled back the one before");
  CHECK_MESSAGE(between(our_20, version({3, 3, 1, 0}, 0, me, {{3, 0}, {1, 100}}), 3) == "",
                "it is the one that was rolled back");
}

TEST_CASE("a 0 that somebody else set is no dark one of ours") {
  CHECK(story({first, version({2, 1, 1, 0}, 0, "kubectl", {{1, 100}}),
               version({2, 2, 1, 0}, 0, "kubectl", {{2, 0}, {1, 100}})}) == "");
  CHECK_MESSAGE(story({rolled_back, version({2, 2, 1, 0}, 20, "kubectl", {{2, 0}, {1, 100}}),
                       version({4, 4, 1, 0}, 20, "kubectl", {{4, 20}, {1, 80}})}) == "",
                "the next release sets its own percent");
}

TEST_CASE("the transitions of the other releases show nothing") {
  const auto third = version({3, 3, 2, 1}, 20, "kubectl", {{3, 20}, {2, 80}});
  CHECK(story({promoted, version({2, 2, 2, 1}, 20, "kubectl", {{2, 100}}),
               version({3, 2, 2, 1}, 20, "kubectl", {{2, 100}}), third}) == "");
  CHECK_MESSAGE(story({third, version({4, 3, 2, 1}, 20, "kubectl", {{3, 20}, {2, 80}}),
                       version({4, 4, 2, 1}, 20, "kubectl", {{4, 20}, {2, 80}})}) == "",
                "a newer revision inherits the share: that is told by its own guard");
  CHECK_MESSAGE(between(third, version({5, 5, 2, 1}, 20, "kubectl", {{5, 20}, {2, 80}})) == "", "an annotation");
  CHECK_MESSAGE(story({third, version({3, 3, 2, 1}, 150, "kubectl", {{3, 20}, {2, 80}})}) == "",
                "Knative refuses 150 and nothing moves");
}

TEST_CASE("each component is looked at for itself") {
  auto before = our_20;
  auto after = canary_5;
  before.components.push_back(first.components[0]);
  before.components[1].component = Component::transformer;
  after.components.push_back(promoted.components[0]);
  after.components[1].component = Component::transformer;
  const auto seen = observe(before, after, me, [](const Revision&) { return false; });
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].reason == policy::Reason::lowered_by_hand);
  CHECK(seen[0].component == Component::predictor);
  CHECK(seen[1].reason == policy::Reason::bypassed);
  CHECK(seen[1].component == Component::transformer);
}

TEST_CASE("names without an order are compared by what KServe calls the previous revision") {
  const auto named = [](Rollout rollout, const char* rolledout, const char* previous) {
    rollout.components[0].latest_rolledout = Revision(rolledout);
    rollout.components[0].previous_rolledout = Revision(previous);
    return rollout;
  };
  const auto before = named(promoted, "blue", "green");
  CHECK(
      between(before, named(version({2, 2, 0, 0}, 20, "argocd", {}), "green", "green")).starts_with("stable_reverted"));
  CHECK(between(before, named(version({2, 2, 0, 0}, 20, "argocd", {}), "red", "blue")).starts_with("bypassed"));
}
