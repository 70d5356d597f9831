#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "canaryd/traffic/patch.hpp"
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
std::string at_last_stage() { return sample::in_state({100, 2, 2, 2, 1, {{2, 100}}}); }

std::string step(const std::string& object, std::optional<int> to) {
  return step_patch(sample::rollout(object), Component::predictor, to);
}

// Whether the patch passes its tests on the object with this value at the pointer.
bool applies(const std::string& object, const std::string& patch, const std::string& pointer, const char* value) {
  return sample::patched(sample::with(object, pointer, value), patch).has_value();
}

}  // namespace

TEST_CASE("the patch of a step is these bytes") {
  CHECK(step(at_percent(5), 10) ==
        R"([{"op":"test","path":"/metadata/uid","value":"5b7a1f0e-91c4-4b8f-9f55-3d6a2a9c1e77"},)"
        R"({"op":"test","path":"/metadata/generation","value":7},)"
        R"({"op":"test","path":"/spec/predictor/canaryTrafficPercent","value":5},)"
        R"({"op":"test","path":"/status/components/predictor/latestReadyRevision","value":"iris-predictor-00002"},)"
        R"({"op":"test","path":"/status/components/predictor/latestRolledoutRevision","value":"iris-predictor-00001"},)"
        R"({"op":"test","path":"/status/components/predictor/latestCreatedRevision","value":"iris-predictor-00002"},)"
        R"({"op":"replace","path":"/spec/predictor/canaryTrafficPercent","value":10}])");
}

TEST_CASE("every step moves the percent and nothing else") {
  const std::vector<int> stages{0, 5, 10, 25, 50, 75, 100};
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    CAPTURE(stages[i]);
    const std::string object = at_percent(stages[i]);
    const auto after = sample::patched(object, step(object, stages[i + 1]));
    REQUIRE(after.has_value());
    CHECK(sample::at(*after, percent_path) == std::to_string(stages[i + 1]));
    CHECK(sample::differences(object, *after) == Paths{percent_path});
  }
}

TEST_CASE("the promotion removes the field and nothing else") {
  const std::string object = at_last_stage();
  const auto after = sample::patched(object, step(object, std::nullopt));
  REQUIRE(after.has_value());
  CHECK(sample::at(*after, percent_path) == "absent");
  CHECK(sample::differences(object, *after) == Paths{percent_path});
  CHECK_FALSE(sample::patched(*after, step(object, std::nullopt)).has_value());  // a second time it fails
}

TEST_CASE("a step fails on an object that is not the one that was judged") {
  const std::string object = at_percent(5);
  const std::string patch = step(object, 10);
  REQUIRE(sample::patched(object, patch).has_value());
  CHECK_FALSE(applies(object, patch, "/metadata/uid", "\"another\""));
  CHECK_FALSE(applies(object, patch, "/metadata/generation", "8"));
  CHECK_FALSE(applies(object, patch, percent_path, "0"));
  CHECK_FALSE(applies(object, patch, percent_path, "10"));
  CHECK_FALSE(applies(object, patch, status_path + "latestReadyRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(applies(object, patch, status_path + "latestRolledoutRevision", "\"iris-predictor-00002\""));
  // A newer revision would get the share as soon as it is ready: a rollback passes here, a step does not.
  CHECK_FALSE(applies(object, patch, status_path + "latestCreatedRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(sample::patched(sample::without(object, percent_path), patch).has_value());
}

TEST_CASE("the promotion fails where KServe is not where it was") {
  const std::string object = at_last_stage();
  const std::string patch = step(object, std::nullopt);
  CHECK_FALSE(applies(object, patch, percent_path, "75"));
  CHECK_FALSE(applies(object, patch, status_path + "latestCreatedRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(applies(object, patch, status_path + "latestReadyRevision", "\"iris-predictor-00003\""));
  CHECK_FALSE(applies(object, patch, status_path + "latestRolledoutRevision", "\"iris-predictor-00001\""));
  CHECK_FALSE(applies(object, patch, status_path + "previousRolledoutRevision", "\"iris-predictor-00009\""));
}

TEST_CASE("a step survives the churn of status") {
  const std::string object = at_percent(5);
  const std::string patch = step(object, 10);
  CHECK(applies(object, patch, "/metadata/resourceVersion", "\"99999\""));
  CHECK(applies(object, patch, "/status/conditions/4/status", "\"Unknown\""));
  CHECK(applies(object, patch, "/metadata/managedFields/-", R"({"manager": "another"})"));
}

TEST_CASE("a canary that appears in another component makes the step fail") {
  std::string object = sample::with(at_percent(5), "/spec/transformer", R"({"canaryTrafficPercent": 30})");
  const std::string path = "/status/components/transformer";
  object = sample::with(object, path, R"({"latestReadyRevision": "t-1", "latestRolledoutRevision": "t-1"})");
  const std::string patch = step(object, 10);
  const auto after = sample::patched(object, patch);
  REQUIRE(after.has_value());
  CHECK(sample::differences(object, *after) == Paths{percent_path});
  CHECK_FALSE(applies(object, patch, path + "/latestReadyRevision", "\"t-2\""));
}
