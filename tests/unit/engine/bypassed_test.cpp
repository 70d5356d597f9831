#include "versions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

TEST_CASE("a model that goes straight to all traffic is bypassed") {
  CHECK(story({first, version({2, 1, 1, 0}, no_field, "", {{1, 100}}), promoted}) ==
        "bypassed 2 from none to none by nobody");
  CHECK_MESSAGE(story({first, version({2, 2, 1, 0}, no_field, "", {{1, 100}}), promoted}) ==
                    "bypassed 2 from none to none by nobody",
                "ready is written before rolled out");
  CHECK(story({first, version({2, 1, 1, 0}, 100, "kubectl", {{1, 100}}),
               version({2, 2, 2, 1}, 100, "kubectl", {{2, 100}})}) == "bypassed 2 from 100 to 100 by kubectl");
}

TEST_CASE("a model that meets our own 100 left behind is bypassed") {
  CHECK(story({our_100, version({3, 2, 2, 1}, 100, me, {{2, 100}}), version({3, 3, 3, 2}, 100, me, {{3, 100}})}) ==
        "bypassed 3 from 100 to 100 by canaryd/a");
}

TEST_CASE("a canary that was dark and is given everything is bypassed") {
  const auto dark = version({2, 2, 1, 0}, 0, "kubectl", {{2, 0}, {1, 100}});
  CHECK(story({first, dark, version({2, 2, 1, 0}, no_field, "", {{2, 0}, {1, 100}}), promoted}) ==
        "bypassed 2 from none to none by nobody");
  CHECK(story({dark, version({2, 2, 2, 1}, 100, "argocd", {{2, 100}})}) == "bypassed 2 from 0 to 100 by argocd");
}

TEST_CASE("a model over an unfinished canary without the field is bypassed and the canary is not") {
  CHECK(story({our_20, version({2, 2, 2, 1}, no_field, "", {{2, 100}}), version({3, 2, 2, 1}, no_field, "", {{2, 100}}),
               version({3, 3, 3, 2}, no_field, "", {{3, 100}})}) == "bypassed 3 from none to none by nobody");
  CHECK(between(our_20, version({3, 3, 3, 2}, no_field, "", {{3, 100}})) == "bypassed 3 from 20 to none by nobody");
}

TEST_CASE("a canary that a person promotes is not bypassed") {
  CHECK(story({canary_5, version({2, 2, 1, 0}, no_field, "", {{2, 5}, {1, 95}}), promoted}) == "");
  CHECK(story({our_20, version({2, 2, 1, 0}, 100, "kubectl", {{2, 20}, {1, 80}}),
               version({2, 2, 2, 1}, 100, "kubectl", {{2, 100}})}) == "");
}

TEST_CASE("a canary that had its share in one of the versions only is not bypassed") {
  CHECK_MESSAGE(between(version({2, 2, 1, 0}, 5, "kubectl", {{1, 100}}), promoted) == "", "in spec");
  CHECK_MESSAGE(between(version({2, 2, 1, 0}, no_field, "", {{2, 5}, {1, 95}}), promoted) == "", "in status");
  CHECK_MESSAGE(between(version({2, 2, 1, 0}, 100, me, {{2, 100}}), our_100) == "", "at the 100 that we gave it");
}

TEST_CASE("what was reverted and is promoted again is not bypassed") {
  CHECK(story({version({2, 2, 1, 1}, 0, "kubectl", {{2, 0}, {1, 100}}),
               version({2, 2, 1, 1}, no_field, "", {{2, 0}, {1, 100}}), promoted}) == "");
}
