#include "../../../src/engine/observations.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace canaryd;
using namespace canaryd::engine;

namespace {

using traffic::Component;
using traffic::Rollout;

const std::string me = "canaryd/a";

Revision rev(int number) { return number == 0 ? Revision() : Revision("iris-predictor-0000" + std::to_string(number)); }

// The revisions of a status by their last digit, 0 for none: created, ready, rolled out, previous rolled out.
struct Revisions {
  int created, ready, rolledout, previous;
};
using Shares = std::initializer_list<std::pair<int, int>>;
constexpr std::optional<std::int64_t> no_field;

Rollout version(Revisions r, std::optional<std::int64_t> percent, const std::string& manager, Shares shares) {
  Rollout rollout;
  rollout.target = {Namespace("ml"), ServiceName("iris")};
  rollout.uid = Uid("uid-1");
  rollout.mode = traffic::Mode::knative;
  auto& c = rollout.components.emplace_back();
  c.raw_percent = percent;
  if (percent) c.percent = Percent::from(*percent);
  c.percent_manager = manager;
  c.latest_created = rev(r.created);
  c.latest_ready = rev(r.ready);
  c.latest_rolledout = rev(r.rolledout);
  c.previous_rolledout = rev(r.previous);
  for (const auto& [number, share] : shares) c.traffic.push_back({rev(number), share, ""});
  return rollout;
}

// "bypassed 2 from 100 to none by kubectl"; several are joined by a comma, nothing seen is "".
std::string words(const std::vector<Observation>& seen) {
  const auto text = [](const std::optional<std::int64_t>& p) { return p ? std::to_string(*p) : "none"; };
  std::string out;
  for (const auto& o : seen) {
    out += (out.empty() ? "" : ", ") + std::string(name_of(o.reason)) + " " + o.revision.str().back() + " from " +
           text(o.from) + " to " + text(o.to) + " by " + (o.manager.empty() ? "nobody" : o.manager);
    CHECK_MESSAGE(o.detail.find(o.revision.str()) != std::string::npos, o.detail);
  }
  return out;
}

std::string between(const Rollout& before, const Rollout& after, int quarantined = 0) {
  return words(
      observe(before, after, me, [&](const Revision& r) { return quarantined != 0 && r == rev(quarantined); }));
}

// What the versions of one story show, one after the other.
std::string story(const std::vector<Rollout>& versions, int quarantined = 0) {
  std::string out;
  for (std::size_t i = 1; i < versions.size(); ++i) {
    const auto seen = between(versions[i - 1], versions[i], quarantined);
    if (!seen.empty()) out += (out.empty() ? "" : ", ") + seen;
  }
  return out;
}

// Each version is seen by spec first and by status later.
const Rollout first = version({1, 1, 1, 0}, no_field, "", {{1, 100}});
const Rollout canary_5 = version({2, 2, 1, 0}, 5, "kubectl", {{2, 5}, {1, 95}});
const Rollout our_20 = version({2, 2, 1, 0}, 20, me, {{2, 20}, {1, 80}});
const Rollout rolled_back = version({2, 2, 1, 0}, 0, me, {{2, 0}, {1, 100}});
const Rollout our_100 = version({2, 2, 2, 1}, 100, me, {{2, 100}});
const Rollout promoted = version({2, 2, 2, 1}, no_field, "", {{2, 100}});

// The release of model 2 with 5, up all our stages to the promotion.
std::vector<Rollout> our_promotion() {
  std::vector<Rollout> out{first, version({1, 1, 1, 0}, 5, "kubectl", {{1, 100}}),
                           version({2, 1, 1, 0}, 5, "kubectl", {{1, 100}}), canary_5};
  int before = 5;
  for (const int stage : {10, 25, 50, 75}) {
    out.push_back(version({2, 2, 1, 0}, stage, me, {{2, before}, {1, 100 - before}}));
    out.push_back(version({2, 2, 1, 0}, stage, me, {{2, stage}, {1, 100 - stage}}));
    before = stage;
  }
  out.push_back(version({2, 2, 1, 0}, 100, me, {{2, 75}, {1, 25}}));
  out.push_back(our_100);
  out.push_back(promoted);
  return out;
}

}  // namespace

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

TEST_CASE("what was reverted and is promoted again is not bypassed") {
  CHECK(story({version({2, 2, 1, 1}, 0, "kubectl", {{2, 0}, {1, 100}}),
               version({2, 2, 1, 1}, no_field, "", {{2, 0}, {1, 100}}), promoted}) == "");
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
