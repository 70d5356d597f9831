#include "versions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

TEST_CASE("a share that another manager lowers is told when status shows it") {
  const auto spec = version({2, 2, 1, 0}, 5, "kubectl", {{2, 20}, {1, 80}});
  CHECK(between(our_20, spec) == "");
  CHECK(story({our_20, spec, canary_5}) == "lowered_by_hand 2 from 20 to 5 by kubectl");
  CHECK(between(our_20, canary_5) == "lowered_by_hand 2 from 20 to 5 by kubectl");
  CHECK(story({canary_5, version({2, 2, 1, 0}, 0, "kubectl", {{2, 5}, {1, 95}}),
               version({2, 2, 1, 0}, 0, "kubectl", {{2, 0}, {1, 100}})}) == "lowered_by_hand 2 from 5 to 0 by kubectl");
  CHECK_MESSAGE(
      between(our_20, version({2, 2, 1, 0}, 5, "", {{2, 5}, {1, 95}})) == "lowered_by_hand 2 from 20 to 5 by nobody",
      "managedFields may be stripped");
}

TEST_CASE("a step of ours that is taken back before status follows is lowered by hand") {
  CHECK(story({canary_5, version({2, 2, 1, 0}, 10, me, {{2, 5}, {1, 95}}), canary_5}) ==
        "lowered_by_hand 2 from 10 to 5 by kubectl");
  CHECK_MESSAGE(story({version({2, 2, 1, 0}, 20, "kubectl", {{1, 100}}),
                       version({2, 2, 1, 0}, 5, "kubectl", {{1, 100}}), canary_5}) == "",
                "who corrects the own percent takes nothing back");
}

TEST_CASE("a share that status shows falling under the same percent is nobody's lowering") {
  CHECK(between(version({2, 2, 1, 0}, 20, "kubectl", {{2, 20}, {1, 80}}),
                version({2, 2, 1, 0}, 20, "kubectl", {{2, 0}, {1, 100}})) == "");
}

TEST_CASE("our own lowering and a raised share are not lowered by hand") {
  CHECK(story({our_20, version({2, 2, 1, 0}, 0, me, {{2, 20}, {1, 80}}), rolled_back}) == "");
  CHECK_MESSAGE(story({our_20, version({2, 2, 1, 0}, 0, "canaryd/b", {{2, 20}, {1, 80}}),
                       version({2, 2, 1, 0}, 0, "canaryd/b", {{2, 0}, {1, 100}})}) == "",
                "a replica is no other");
  CHECK(story({canary_5, version({2, 2, 1, 0}, 50, "kubectl", {{2, 5}, {1, 95}}),
               version({2, 2, 1, 0}, 50, "kubectl", {{2, 50}, {1, 50}})}) == "");
  CHECK_MESSAGE(between(our_20, version({2, 2, 1, 0}, 20, me, {{2, 0}, {1, 100}})) == "", "the percent did not move");
}

TEST_CASE("a release that sets model and percent over an unfinished canary lowers nothing by hand") {
  CHECK(story({our_20, version({2, 2, 1, 0}, 5, "kubectl", {{2, 20}, {1, 80}}),
               version({3, 2, 1, 0}, 5, "kubectl", {{2, 20}, {1, 80}}),
               version({3, 2, 1, 0}, 5, "kubectl", {{2, 5}, {1, 95}}),
               version({3, 3, 1, 0}, 5, "kubectl", {{3, 5}, {1, 95}})}) == "");
  CHECK_MESSAGE(story({our_100, version({2, 2, 2, 1}, 20, "kubectl", {{2, 100}}),
                       version({3, 2, 2, 1}, 20, "kubectl", {{2, 20}, {2, 80}}),
                       version({3, 3, 2, 1}, 20, "kubectl", {{3, 20}, {2, 80}})}) == "",
                "nor over one whose 100 was left behind");
  CHECK_MESSAGE(between(our_20, version({3, 3, 1, 0}, 5, "kubectl", {{3, 5}, {1, 95}})) == "", "seen in one");
}

TEST_CASE("traffic that a rolled-back canary is given again is undone") {
  const auto again = version({2, 2, 1, 0}, 20, "argocd", {{2, 0}, {1, 100}});
  CHECK(between(rolled_back, again, 2) == "undone 2 from 0 to 20 by argocd");
  CHECK_MESSAGE(story({rolled_back, again, version({2, 2, 1, 0}, 20, "argocd", {{2, 20}, {1, 80}}),
                       version({2, 2, 1, 0}, 50, "argocd", {{2, 20}, {1, 80}})},
                      2) == "undone 2 from 0 to 20 by argocd",
                "once");
  CHECK_MESSAGE(story({rolled_back, version({2, 2, 1, 0}, no_field, "", {{2, 0}, {1, 100}}), promoted}, 2) ==
                    "undone 2 from 0 to none by nobody",
                "without the field it gets everything, and that is not bypassed too");
  CHECK_MESSAGE(between(rolled_back, promoted, 2) == "undone 2 from 0 to none by nobody", "seen in one");
  CHECK_MESSAGE(
      between(our_20, version({3, 3, 1, 0}, 5, "argocd", {{3, 5}, {1, 95}}), 3) == "undone 3 from 20 to 5 by argocd",
      "the versions in which it came and was rolled back were missed");
  CHECK(between(rolled_back, again) == "");
  CHECK_MESSAGE(between(rolled_back, version({2, 2, 1, 0}, 5, me, {{2, 0}, {1, 100}}), 2) == "", "our own move");
}

TEST_CASE("the next release over a rolled-back canary gives the bad revision traffic until the new one is ready") {
  CHECK(story({rolled_back, version({2, 2, 1, 0}, 20, "kubectl", {{2, 0}, {1, 100}}),
               version({3, 2, 1, 0}, 20, "kubectl", {{2, 20}, {1, 80}}),
               version({3, 3, 1, 0}, 20, "kubectl", {{3, 20}, {1, 80}})},
              2) == "undone 2 from 0 to 20 by kubectl");
  const auto seen = observe(rolled_back, version({3, 2, 1, 0}, 20, "kubectl", {{2, 0}, {1, 100}}), me,
                            [](const Revision&) { return true; });
  REQUIRE(seen.size() == 1);
  CHECK(
      seen[0].detail ==
      "iris-predictor-00002, which was rolled back, had 0 % and has 20 %; it keeps that until iris-predictor-00003 is "
      "ready; the percent belongs to kubectl");
}
