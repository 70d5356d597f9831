#include <doctest/doctest.h>

#include <string>

#include "canaryd/traffic/decode.hpp"
#include "traffic/sample.hpp"

using namespace canaryd;
using namespace canaryd::traffic;

namespace {

std::string problem_of(const std::string& object) {
  const Result<Rollout> decoded = decode_rollout(object);
  return decoded ? "none" : decoded.error().message;
}

}  // namespace

TEST_CASE("a percent outside of its range is kept as it was written") {
  const auto percent = [](const char* written) {
    return sample::predictor(sample::with(sample::iris(), "/spec/predictor/canaryTrafficPercent", written));
  };
  for (const char* written : {"150", "101", "-1", "-9223372036854775808", "9223372036854775807"}) {
    CAPTURE(written);
    const ComponentRollout predictor = percent(written);
    CHECK_FALSE(predictor.percent.has_value());
    REQUIRE(predictor.raw_percent.has_value());
    CHECK(std::to_string(*predictor.raw_percent) == written);
  }
  CHECK(percent("0").percent == Percent::zero());
  CHECK(percent("100").percent == Percent::from(100));
  CHECK_FALSE(percent("null").raw_percent.has_value());
}

TEST_CASE("a percent that is no integer is an error that says where") {
  const auto problem = [](const char* written) {
    return problem_of(sample::with(sample::iris(), "/spec/predictor/canaryTrafficPercent", written));
  };
  const std::string where = "spec.predictor.canaryTrafficPercent: ";
  CHECK(problem("5.5") == where + "expected an integer, got 5.5");
  CHECK(problem("\"5\"") == where + "expected an integer, got \"5\"");
  CHECK(problem("true") == where + "expected an integer, got a boolean");
  CHECK(problem("[5]") == where + "expected an integer, got an array");
  CHECK(problem("1e300") == where + "expected an integer, got 1e+300");
  CHECK(problem("9223372036854775808") == where + "expected an integer of 64 bits, got 9223372036854775808");
}

TEST_CASE("nonsense in an object is an error and never a crash") {
  const auto problem = [](const char* pointer, const char* value) {
    return problem_of(sample::with(sample::iris(), pointer, value));
  };
  CHECK(problem("/metadata/name", "7") == "metadata.name: expected a string, got 7");
  CHECK(problem("/metadata/name", "\"../x\"") ==
        "metadata.name: expected the name of an InferenceService, got \"../x\"");
  CHECK(problem("/metadata/namespace", "\"A B\"") ==
        "metadata.namespace: expected the name of a namespace, got \"A B\"");
  CHECK(problem("/metadata/uid", "\"\"") == "metadata.uid: expected 1 to 128 bytes, got \"\"");
  CHECK(problem("/metadata/generation", "\"7\"") == "metadata.generation: expected an integer, got \"7\"");
  CHECK(problem("/metadata/generation", "-7") == "metadata.generation: expected an integer of 0 or more, got -7");
  CHECK(problem("/metadata/labels/team", "{}") == "metadata.labels.team: expected a string, got an object");
  CHECK(problem("/metadata/labels", "[]") == "metadata.labels: expected an object, got an array");
  CHECK(problem("/metadata/annotations/serving.kserve.io~1deploymentMode", "1") == "none");
  CHECK(problem("/metadata/managedFields", "{}") == "metadata.managedFields: expected an array, got an object");
  CHECK(problem("/metadata/managedFields/1/time", "\"yesterday\"") ==
        "metadata.managedFields[1].time: expected RFC 3339, got \"yesterday\"");
  CHECK(problem("/metadata", "3") == "metadata: expected an object, got 3");
  CHECK(problem("/spec", "\"x\"") == "spec: expected an object, got \"x\"");
  CHECK(problem("/spec/predictor", "[]") == "spec.predictor: expected an object, got an array");
  CHECK(problem("/status", "[]") == "status: expected an object, got an array");
  CHECK(problem("/status/conditions", "{}") == "status.conditions: expected an array, got an object");
  CHECK(problem("/status/conditions/0", "8") == "status.conditions[0]: expected an object, got 8");
  CHECK(problem("/status/components/predictor/latestReadyRevision", "2") ==
        "status.components.predictor.latestReadyRevision: expected a string, got 2");
  CHECK(problem("/status/components/predictor/latestReadyRevision", "\"\\u001b[31m\"") ==
        "status.components.predictor.latestReadyRevision: expected the name of a Revision, got \"\\x1b[31m\"");
  CHECK(problem("/status/components/predictor/traffic/0/percent", "5000000000") ==
        "status.components.predictor.traffic[0].percent: expected an integer of 32 bits, got 5000000000");
  CHECK(problem("/status/components/predictor/traffic", "\"all\"") ==
        "status.components.predictor.traffic: expected an array, got \"all\"");
  CHECK(problem("/kind", "\"Secret\"") == "kind: expected InferenceService, got \"Secret\"");
  CHECK(problem_of("[]") == "expected an object, got an array");
  CHECK(problem_of("{}") == "metadata.namespace: expected the name of a namespace");
  CHECK(problem_of("") == "expected JSON, which ends or breaks at byte 1");
  CHECK(problem_of("{\"metadata\": {\"name\": \"\xff\"}}").substr(0, 13) == "expected JSON");
}

TEST_CASE("a traffic block without end is refused") {
  std::string entries = "{}";
  for (int i = 0; i < 64; ++i) entries += ",{}";
  CHECK(problem_of(sample::with(sample::iris(), "/status/components/predictor/traffic", "[" + entries + "]")) ==
        "status.components.predictor.traffic: expected at most 64 entries, got an array");
}

TEST_CASE("endless nesting is refused before it is built") {
  const std::string deep = std::string(100000, '[');
  CHECK(problem_of(deep) == "expected JSON nested at most 200 deep");
  CHECK(problem_of("{\"spec\":{\"predictor\":{\"x\":" + deep) == "expected JSON nested at most 200 deep");
  CHECK(problem_of("{\"metadata\":{\"labels\":" + deep) == "expected JSON nested at most 200 deep");
  const std::string closed = std::string(150, '[') + std::string(150, ']');
  CHECK(problem_of(sample::with(sample::iris(), "/spec/predictor/extra", closed)) == "none");
}

TEST_CASE("every cut of a good object is an error") {
  const std::string object = sample::iris();
  const std::string compact = sample::with(object, "/kind", "\"InferenceService\"");
  int errors = 0;
  for (std::size_t length = 0; length < compact.size(); length += 7) {
    if (!decode_rollout(std::string_view(compact).substr(0, length))) ++errors;
  }
  CHECK(errors == static_cast<int>((compact.size() + 6) / 7));
}
