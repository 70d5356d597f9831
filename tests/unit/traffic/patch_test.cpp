#include "canaryd/traffic/patch.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "traffic/sample.hpp"

using namespace canaryd;
using namespace canaryd::traffic;

namespace {

using Paths = std::vector<std::string>;

const std::string percent_path = "/spec/predictor/canaryTrafficPercent";
const std::string status_path = "/status/components/predictor/";

std::string at_percent(int percent) {
  return sample::in_state({percent, 2, 2, 1, 0, {{2, percent}, {1, 100 - percent, "prev"}}});
}

// Stage 100: created, ready and rolled out are one, and the field is still there.
std::string at_last_stage() { return sample::in_state({100, 2, 2, 2, 1, {{2, 100}}}); }

std::string rollback_of(const std::string& object) {
  return rollback_patch(sample::rollout(object), {Component::predictor});
}

Paths changes(const std::string& before, const std::string& after) {
  const Result<Paths> found = changed_beyond_traffic(before, after);
  REQUIRE(found.has_value());
  return *found;
}

}  // namespace

TEST_CASE("the rollback patch is these bytes") {
  CHECK(rollback_of(at_percent(5)) ==
        R"([{"op":"test","path":"/metadata/uid","value":"5b7a1f0e-91c4-4b8f-9f55-3d6a2a9c1e77"},)"
        R"({"op":"test","path":"/metadata/generation","value":7},)"
        R"({"op":"test","path":"/spec/predictor/canaryTrafficPercent","value":5},)"
        R"({"op":"test","path":"/status/components/predictor/latestReadyRevision","value":"iris-predictor-00002"},)"
        R"({"op":"test","path":"/status/components/predictor/latestRolledoutRevision","value":"iris-predictor-00001"},)"
        R"({"op":"replace","path":"/spec/predictor/canaryTrafficPercent","value":0}])");
}

TEST_CASE("at every percent from 1 to 100 the rollback gives 0 and changes nothing else") {
  for (int percent = 1; percent <= 100; ++percent) {
    CAPTURE(percent);
    const std::string object = percent == 100 ? at_last_stage() : at_percent(percent);
    const std::optional<std::string> after = sample::patched(object, rollback_of(object));
    REQUIRE(after.has_value());
    CHECK(sample::at(*after, percent_path) == "0");
    CHECK(sample::differences(object, *after) == Paths{percent_path});
    CHECK(changes(object, *after).empty());
    CHECK(sample::at(*after, percent_path) == "0");
  }
}

TEST_CASE("the rollback fails on an object that is not the one that was judged") {
  const std::string object = at_percent(5);
  const std::string patch = rollback_of(object);
  REQUIRE(sample::patched(object, patch).has_value());
  const auto applies_to = [&](const std::string& pointer, const char* value) {
    return sample::patched(sample::with(object, pointer, value), patch).has_value();
  };
  CHECK_FALSE(applies_to("/metadata/uid", "\"another\""));
  CHECK_FALSE(applies_to("/metadata/generation", "8"));
  CHECK_FALSE(applies_to(percent_path, "10"));
  // An annotation makes a new revision without moving the generation.
  CHECK_FALSE(applies_to(status_path + "latestReadyRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(applies_to(status_path + "latestRolledoutRevision", "\"iris-predictor-00002\""));
  CHECK_FALSE(sample::patched(sample::without(object, percent_path), patch).has_value());
}

TEST_CASE("the rollback survives the churn of status and a newer revision that is not ready") {
  const std::string object = at_percent(5);
  const std::string patch = rollback_of(object);
  const auto applies_to = [&](const std::string& pointer, const char* value) {
    return sample::patched(sample::with(object, pointer, value), patch).has_value();
  };
  CHECK(applies_to("/metadata/resourceVersion", "\"99999\""));
  CHECK(applies_to("/status/conditions/4/status", "\"Unknown\""));
  CHECK(applies_to(status_path + "latestCreatedRevision", "\"iris-predictor-00003\""));
}

TEST_CASE("from stage 100 the rollback needs the revisions that KServe will act on") {
  const std::string object = at_last_stage();
  const std::string patch = rollback_of(object);
  REQUIRE(sample::patched(object, patch).has_value());
  const auto applies_to = [&](const std::string& name, const char* value) {
    return sample::patched(sample::with(object, status_path + name, value), patch).has_value();
  };
  CHECK_FALSE(applies_to("latestCreatedRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(applies_to("previousRolledoutRevision", "\"iris-predictor-00009\""));
  CHECK_FALSE(applies_to("latestReadyRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(applies_to("latestRolledoutRevision", "\"iris-predictor-00001\""));
  CHECK_FALSE(sample::patched(sample::without(object, status_path + "previousRolledoutRevision"), patch).has_value());
}

TEST_CASE("several components are taken to 0 by one patch with the tests of each") {
  std::string object = at_percent(5);
  object = sample::with(object, "/spec/transformer", R"({"canaryTrafficPercent": 30})");
  object = sample::with(object, "/status/components/transformer",
                        R"({"latestReadyRevision": "t-2", "latestRolledoutRevision": "t-1"})");
  const std::string patch = rollback_patch(sample::rollout(object), {Component::predictor, Component::transformer});
  const std::optional<std::string> after = sample::patched(object, patch);
  REQUIRE(after.has_value());
  CHECK(sample::differences(object, *after) == Paths{percent_path, "/spec/transformer/canaryTrafficPercent"});
  CHECK(sample::at(*after, percent_path) == "0");
  CHECK(sample::at(*after, "/spec/transformer/canaryTrafficPercent") == "0");
  CHECK_FALSE(sample::patched(sample::with(object, "/spec/transformer/canaryTrafficPercent", "40"), patch).has_value());
  CHECK_FALSE(
      sample::patched(sample::with(object, "/status/components/transformer/latestReadyRevision", "\"t-3\""), patch)
          .has_value());

  const std::string one = rollback_patch(sample::rollout(object), {Component::transformer});
  CHECK(sample::differences(object, sample::patched(object, one).value()) ==
        Paths{"/spec/transformer/canaryTrafficPercent"});
}

TEST_CASE("a canary that appears in a component left alone makes the patch fail") {
  std::string object = at_percent(5);
  object = sample::with(object, "/spec/transformer", R"({"canaryTrafficPercent": 30})");
  const std::string path = "/status/components/transformer";
  CHECK(rollback_of(object).find(R"({"op":"test","path":"/status/components/transformer","value":null})") !=
        std::string::npos);
  object = sample::with(object, path, R"({"latestReadyRevision": "t-1", "latestRolledoutRevision": "t-1"})");
  const std::string patch = rollback_of(object);
  CHECK(sample::patched(object, patch).has_value());
  CHECK_FALSE(sample::patched(sample::with(object, path + "/latestReadyRevision", "\"t-2\""), patch).has_value());
}

TEST_CASE("a percent that Knative refused is rolled back as it was written") {
  const std::string object = sample::in_state({150, 2, 2, 1, 0, {{2, 5}, {1, 95, "prev"}}});
  const std::optional<std::string> after = sample::patched(object, rollback_of(object));
  REQUIRE(after.has_value());
  CHECK(sample::at(*after, percent_path) == "0");
}

TEST_CASE("a patch for a component without a percent creates nothing") {
  Rollout rollout = sample::rollout(at_percent(5));
  rollout.components[0].percent.reset();
  rollout.components[0].raw_percent.reset();
  const std::string patch = rollback_patch(rollout, {Component::predictor});
  CHECK_FALSE(sample::patched(at_percent(5), patch).has_value());
  CHECK(patch.find(R"({"op":"test","path":"/spec/predictor/canaryTrafficPercent","value":null})") != std::string::npos);
}

TEST_CASE("what admission changed beyond the traffic is named") {
  const std::string before = at_percent(5);
  std::string after = sample::patched(before, rollback_of(before)).value();
  after = sample::with(after, "/metadata/generation", "8");
  after = sample::with(after, "/metadata/resourceVersion", "\"50001\"");
  after = sample::with(after, "/metadata/managedFields/-", R"({"manager": "canaryd/a"})");
  after = sample::with(after, "/status/conditions", "[]");
  CHECK(changes(before, after).empty());

  after = sample::with(after, "/spec/predictor/minReplicas", "3");
  after = sample::with(after, "/spec/predictor/model/args/1", "\"--x\"");
  after = sample::with(after, "/spec/predictor/tolerations", "[]");
  after = sample::with(after, "/metadata/annotations/serving.kserve.io~1autoscalerClass", "\"hpa\"");
  after = sample::without(after, "/metadata/labels/tier");
  CHECK(changes(before, after) == Paths{"/metadata/annotations/serving.kserve.io~1autoscalerClass",
                                        "/metadata/labels/tier", "/spec/predictor/minReplicas",
                                        "/spec/predictor/model/args/1", "/spec/predictor/tolerations"});
}

TEST_CASE("the same number in another form is no change and another type is one") {
  CHECK(changes(R"({"a": 1})", R"({"a": 1.0})").empty());
  CHECK(changes(R"({"a": 1})", R"({"a": "1"})") == Paths{"/a"});
  CHECK(changes(R"({"a": null})", R"({})") == Paths{"/a"});
  CHECK(changes(R"({"a~b/c": 1})", R"({})") == Paths{"/a~0b~1c"});
  CHECK(changes(R"({"a": {}})", R"({"a": []})") == Paths{"/a"});
}

TEST_CASE("at most twenty changes are named and nonsense is an error") {
  std::string many = "{\"k0\":0";
  for (int i = 1; i < 50; ++i) many += ",\"k" + std::to_string(i) + "\":0";
  CHECK(changes("{}", many + "}").size() == 20);
  CHECK_FALSE(changed_beyond_traffic("{}", "nonsense").has_value());
  CHECK_FALSE(changed_beyond_traffic("[]", "{}").has_value());
  const std::string deep = "{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}";
  CHECK_FALSE(changed_beyond_traffic(deep, deep).has_value());
}
