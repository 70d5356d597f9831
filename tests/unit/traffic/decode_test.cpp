#include "canaryd/traffic/decode.hpp"

#include <doctest/doctest.h>

#include <string>

#include "canaryd/base/time_text.hpp"
#include "traffic/sample.hpp"

using namespace canaryd;
using namespace canaryd::traffic;

namespace {

std::size_t heap(const std::string& text) { return text.capacity() > 15 ? text.capacity() + 17 : 0; }
std::size_t heap(const Condition& c) { return heap(c.reason) + heap(c.message); }

// What a Rollout holds, its heap blocks with their headers.
std::size_t kept_bytes(const Rollout& rollout) {
  std::size_t bytes = sizeof rollout + heap(rollout.target.ns.str()) + heap(rollout.target.name.str()) +
                      heap(rollout.uid.str()) + heap(rollout.resource_version);
  for (const auto& [key, value] : rollout.labels) bytes += 112 + heap(key) + heap(value);
  bytes += rollout.components.capacity() * sizeof(ComponentRollout) + 16;
  for (const ComponentRollout& c : rollout.components) {
    bytes += heap(c.latest_created.str()) + heap(c.latest_ready.str()) + heap(c.latest_rolledout.str()) +
             heap(c.previous_rolledout.str()) + heap(c.percent_manager) + heap(c.route) + heap(c.ready);
    bytes += c.traffic.capacity() * sizeof(TrafficShare) + 16;
    for (const TrafficShare& share : c.traffic) bytes += heap(share.revision.str()) + heap(share.tag);
  }
  return bytes;
}

}  // namespace

TEST_CASE("an object as a cluster shows it is read whole") {
  const Rollout rollout = sample::rollout(sample::iris());
  CHECK(rollout.target.str() == "ml/iris");
  CHECK(rollout.uid.str() == "5b7a1f0e-91c4-4b8f-9f55-3d6a2a9c1e77");
  CHECK(rollout.generation == 7);
  CHECK(rollout.resource_version == "48213");
  CHECK(rollout.mode == Mode::knative);
  CHECK_FALSE(rollout.deleting);
  CHECK(rollout.labels.size() == 4);
  CHECK(rollout.labels.at("team") == "botany");
  REQUIRE(rollout.components.size() == 1);

  const ComponentRollout& predictor = rollout.components.front();
  CHECK(predictor.component == Component::predictor);
  CHECK(predictor.percent == Percent::from(5));
  CHECK(predictor.raw_percent == 5);
  CHECK(predictor.latest_created.str() == "iris-predictor-00002");
  CHECK(predictor.latest_ready.str() == "iris-predictor-00002");
  CHECK(predictor.latest_rolledout.str() == "iris-predictor-00001");
  CHECK(predictor.previous_rolledout.empty());
  REQUIRE(predictor.traffic.size() == 2);
  CHECK(predictor.traffic[0] == TrafficShare{Revision("iris-predictor-00002"), 5, "latest"});
  CHECK(predictor.traffic[1] == TrafficShare{Revision("iris-predictor-00001"), 95, "prev"});
  CHECK(predictor.route.status == ConditionStatus::is_true);
  CHECK(predictor.ready.status == ConditionStatus::is_true);
  CHECK(predictor.percent_manager == "release-bot");
  CHECK(predictor.percent_since == parse_rfc3339("2026-08-01T12:00:00Z"));
  CHECK(predictor.canary_in_flight());
}

TEST_CASE("what is kept of an object of seven kilobytes is small") {
  const std::string object = sample::iris();
  CHECK(object.size() > 6500);
  CHECK(kept_bytes(sample::rollout(object)) < 2000);
  // A condition's message and a manager's name come from outside and are cut.
  const std::string talkative =
      sample::with(object, "/status/conditions/4/message", '"' + std::string(50000, 'x') + '"');
  CHECK(sample::predictor(talkative).route.message.size() == 256);
}

TEST_CASE("a message is cut at the end of a character") {
  std::string message(255, 'x');
  const std::string object = sample::with(sample::iris(), "/status/conditions/4/message", '"' + message + "é\"");
  CHECK(sample::predictor(object).route.message == message);
}

TEST_CASE("all three components are read with the route conditions of their own names") {
  std::string object = sample::iris();
  object = sample::with(object, "/spec/transformer", R"({"canaryTrafficPercent": 10, "containers": []})");
  object = sample::with(object, "/spec/explainer", R"({"canaryTrafficPercent": 20, "art": {}})");
  object =
      sample::with(object, "/status/components/transformer", R"({"latestReadyRevision": "iris-transformer-00003"})");
  object = sample::with(object, "/status/components/explainer", R"({"latestReadyRevision": "iris-explainer-00004"})");
  object = sample::with(object, "/status/conditions/-",
                        R"({"type": "TransformerRouteReady", "status": "False", "reason": "RevisionMissing",
                            "message": "Traffic targets aren't ready"})");
  object = sample::with(object, "/status/conditions/-", R"({"type": "ExplainerRoutesReady", "status": "Unknown"})");
  object = sample::with(object, "/status/conditions/-", R"({"type": "TransformerReady", "status": "True"})");
  object = sample::with(object, "/status/conditions/-", R"({"type": "ExplainerReady", "status": "False"})");

  const Rollout rollout = sample::rollout(object);
  REQUIRE(rollout.components.size() == 3);
  CHECK(rollout.components[0].component == Component::predictor);
  const ComponentRollout* transformer = rollout.find(Component::transformer);
  REQUIRE(transformer != nullptr);
  CHECK(transformer->percent == Percent::from(10));
  CHECK(transformer->latest_ready.str() == "iris-transformer-00003");
  CHECK(transformer->route == Condition{ConditionStatus::is_false, "RevisionMissing", "Traffic targets aren't ready"});
  CHECK(transformer->ready.status == ConditionStatus::is_true);
  const ComponentRollout* explainer = rollout.find(Component::explainer);
  REQUIRE(explainer != nullptr);
  CHECK(explainer->percent == Percent::from(20));
  CHECK(explainer->latest_ready.str() == "iris-explainer-00004");
  CHECK(explainer->route.status == ConditionStatus::unknown);
  CHECK(explainer->ready.status == ConditionStatus::is_false);
  CHECK(explainer->percent_manager.empty());
}

TEST_CASE("a component that spec does not have is not read from status") {
  std::string object =
      sample::with(sample::iris(), "/status/components/transformer", R"({"latestReadyRevision": "x"})");
  object = sample::with(object, "/spec/explainer", "null");
  const Rollout rollout = sample::rollout(object);
  CHECK(rollout.components.size() == 1);
  CHECK(rollout.find(Component::transformer) == nullptr);
  CHECK(rollout.find(Component::explainer) == nullptr);
}

TEST_CASE("an object that KServe has not touched yet is read as absent fields") {
  const Rollout rollout =
      sample::rollout(R"({"metadata": {"name": "new", "namespace": "ml", "uid": "u", "generation": 1},
                                              "spec": {"predictor": {"model": {}}}})");
  CHECK(rollout.mode == Mode::unknown);
  REQUIRE(rollout.components.size() == 1);
  const ComponentRollout& predictor = rollout.components.front();
  CHECK_FALSE(predictor.percent.has_value());
  CHECK_FALSE(predictor.raw_percent.has_value());
  CHECK(predictor.latest_created.empty());
  CHECK(predictor.latest_ready.empty());
  CHECK(predictor.traffic.empty());
  CHECK(predictor.route.status == ConditionStatus::absent);
  CHECK(predictor.percent_manager.empty());
  CHECK_FALSE(predictor.canary_in_flight());
}

TEST_CASE("the mode is that of status and without it that of the annotation") {
  const std::string status = "/status/deploymentMode";
  const std::string annotation = "/metadata/annotations/serving.kserve.io~1deploymentMode";
  const auto mode = [&](const char* in_status, const char* in_annotation) {
    std::string object = sample::iris();
    object = in_status == nullptr ? sample::without(object, status) : sample::with(object, status, in_status);
    object = in_annotation == nullptr ? sample::without(object, annotation)
                                      : sample::with(object, annotation, in_annotation);
    return sample::rollout(object).mode;
  };
  CHECK(mode(R"("Standard")", R"("Knative")") == Mode::standard);
  CHECK(mode(nullptr, R"("Standard")") == Mode::standard);
  CHECK(mode(nullptr, R"("RawDeployment")") == Mode::standard);
  CHECK(mode(R"("RawDeployment")", nullptr) == Mode::standard);
  CHECK(mode(R"("Serverless")", nullptr) == Mode::knative);
  CHECK(mode(nullptr, R"("Serverless")") == Mode::knative);
  CHECK(mode(R"("Knative")", R"("Standard")") == Mode::knative);
  CHECK(mode(R"("")", R"("Knative")") == Mode::knative);
  CHECK(mode(nullptr, R"("ModelMesh")") == Mode::model_mesh);
  CHECK(mode(nullptr, nullptr) == Mode::unknown);
  CHECK(mode(R"("Quantum")", R"("Knative")") == Mode::unknown);
}

TEST_CASE("the percent belongs to the manager of the newest entry that names it") {
  const auto entry = [](const char* manager, const char* operation, const char* time, const char* component) {
    return std::string(R"({"manager": ")") + manager + R"(", "operation": ")" + operation + R"(", "time": ")" + time +
           R"(", "fieldsV1": {"f:spec": {"f:)" + component + R"(": {"f:canaryTrafficPercent": {}}}}})";
  };
  const auto owner = [](const std::string& entries) {
    const ComponentRollout predictor =
        sample::predictor(sample::with(sample::iris(), "/metadata/managedFields", "[" + entries + "]"));
    return predictor.percent_manager +
           (predictor.percent_since ? " " + to_rfc3339(*predictor.percent_since).substr(11, 8) : "");
  };
  const std::string old_entry = entry("argocd-controller", "Apply", "2026-08-01T10:00:00Z", "predictor");
  const std::string new_entry = entry("canaryd/a", "Update", "2026-08-01T11:00:00Z", "predictor");
  CHECK(owner(old_entry) == "argocd-controller 10:00:00");
  CHECK(owner(old_entry + "," + new_entry) == "canaryd/a 11:00:00");
  CHECK(owner(new_entry + "," + old_entry) == "canaryd/a 11:00:00");
  CHECK(owner(new_entry + "," + entry("other", "Update", "2026-08-01T12:00:00Z", "transformer")) ==
        "canaryd/a 11:00:00");
  CHECK(owner(new_entry + "," + entry("odd", "Merge", "2026-08-01T12:00:00Z", "predictor")) == "canaryd/a 11:00:00");
  CHECK(owner("") == "");
  // A controller that rewrites the whole object through /status owns nothing of spec.
  std::string of_status = entry("manager", "Update", "2026-08-01T13:00:00Z", "predictor");
  of_status.insert(1, R"("subresource": "status", )");
  CHECK(owner(new_entry + "," + of_status) == "canaryd/a 11:00:00");
  CHECK(owner(R"({"manager": "timeless", "operation": "Update",
                  "fieldsV1": {"f:spec": {"f:predictor": {"f:canaryTrafficPercent": {}}}}})") == "timeless");
}

TEST_CASE("an object that is being deleted says so") {
  CHECK(sample::rollout(sample::with(sample::iris(), "/metadata/deletionTimestamp", "\"2026-08-01T12:30:00Z\""))
            .deleting);
}

TEST_CASE("a revision gives its creation and its readiness") {
  const Result<RevisionFacts> facts = decode_revision(R"({
    "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
    "metadata": {"name": "iris-predictor-00002", "namespace": "ml", "creationTimestamp": "2026-08-01T11:59:00Z"},
    "spec": {"containers": [{"image": "x"}]},
    "status": {"conditions": [
      {"type": "Active", "status": "True"},
      {"type": "Ready", "status": "False", "reason": "ExitCode137", "message": "OOMKilled",
       "lastTransitionTime": "2026-08-01T12:00:19Z"}]}})");
  REQUIRE(facts.has_value());
  CHECK(facts->name.str() == "iris-predictor-00002");
  CHECK(facts->created == parse_rfc3339("2026-08-01T11:59:00Z"));
  CHECK(facts->ready == ConditionStatus::is_false);
  CHECK(facts->ready_reason == "ExitCode137");
  CHECK(facts->ready_message == "OOMKilled");
  CHECK(facts->ready_since == parse_rfc3339("2026-08-01T12:00:19Z"));
}

TEST_CASE("a revision that says nothing yet is absent fields and nonsense is an error") {
  const Result<RevisionFacts> young = decode_revision(R"({"metadata": {"name": "iris-predictor-00002"}})");
  REQUIRE(young.has_value());
  CHECK(young->ready == ConditionStatus::absent);
  CHECK_FALSE(young->created.has_value());
  CHECK_FALSE(young->ready_since.has_value());
  CHECK_FALSE(decode_revision("{}").has_value());
  CHECK_FALSE(decode_revision(R"({"metadata": {"name": "r", "creationTimestamp": 5}})").has_value());
  CHECK_FALSE(decode_revision(R"({"metadata": {"name": "r"}, "status": {"conditions": [5]}})").has_value());
}

TEST_CASE("the message of a Status is taken and of anything else the beginning") {
  CHECK(status_message(R"({"kind": "Status", "status": "Failure", "message": "not yours", "code": 403})") ==
        "not yours");
  CHECK(status_message("<html>502</html>") == "<html>502</html>");
  CHECK(status_message(R"({"message": 5})") == R"({"message": 5})");
  CHECK(status_message("[]") == "[]");
  CHECK(status_message("").empty());
  CHECK(status_message(std::string(9000, 'x')).size() == 512);
  CHECK(status_message(R"({"message": ")" + std::string(9000, 'x') + "\"}").size() == 512);
}
