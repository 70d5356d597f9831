#include "sandbox/controller.hpp"

#include <doctest/doctest.h>

#include "hand_clock.hpp"
#include "sandbox/api.hpp"
#include "sandbox/scenario.hpp"

namespace {

using namespace canaryd;
using namespace canaryd::sandbox;
using namespace std::chrono_literals;

const Key iris{"ml", "iris"};
const std::string stable = "iris-predictor-00001";
const std::string canary = "iris-predictor-00002";
constexpr const char* percent_path = "/spec/predictor/canaryTrafficPercent";

// The default scenario by a clock that stands still, and controllers that run when they are told to.
struct Cluster {
  HandClock clock;
  Objects objects{clock};
  ModelTraffic traffic{clock};
  Controller controller{objects, traffic, clock, 0ms};
  Api api{objects, controller, traffic, clock};

  Cluster() { load_scenario(default_scenario(), objects, controller, traffic); }

  void reconcile() { controller.reconcile_now(iris); }
  void after(std::chrono::milliseconds time) {
    clock.forward(time);
    reconcile();
  }
  Response control(const std::string& path, const std::string& body) {
    return api.handle({"POST", "/sandbox/v1/" + path, {}, "application/json", "test/1", body, ""});
  }
  void set_percent(int percent) {
    const Json patch{{{"op", "add"}, {"path", percent_path}, {"value", percent}}};
    const Response response = api.handle({"PATCH",
                                          "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/iris",
                                          {},
                                          "application/json-patch+json",
                                          "test/1",
                                          dump(patch),
                                          ""});
    REQUIRE(response.status == 200);
    reconcile();
  }
  void remove_revision(const std::string& name) {
    const Response response = api.handle(
        {"DELETE", "/apis/serving.knative.dev/v1/namespaces/ml/revisions/" + name, {}, "", "test/1", "", ""});
    REQUIRE(response.status == 200);
    reconcile();
  }
  std::optional<Json> revision(const std::string& name) const { return objects.read(Kind::revision, {"ml", name}); }
  Json service() const { return *objects.read(Kind::inference_service, iris); }
  static Json condition(const Json& object, const std::string& type) {
    for (const Json& entry : object["status"]["conditions"]) {
      if (entry["type"] == type) return entry;
    }
    return {};
  }
  Json ready_of(const std::string& name) const { return condition(*revision(name), "Ready"); }
  Json route() const { return condition(service(), "PredictorRouteReady"); }
  std::string shares() const {
    std::string text;
    const Json object = service();
    for (const Json& share : object["status"]["components"]["predictor"]["traffic"]) {
      text +=
          share["revisionName"].get<std::string>().substr(18) + ":" + std::to_string(share["percent"].get<int>()) + " ";
    }
    return text;
  }
  // What one revision's first pod has answered.
  int answered(const std::string& name) {
    const std::string text = traffic.metrics({"ml", name + "-deployment-0"}).value_or("");
    const std::string series = "model_prediction_latency_seconds_count{";
    const std::size_t at = text.find(series);
    return at == std::string::npos ? 0 : std::stoi(text.substr(text.find("} ", at) + 2));
  }
};

std::string pods_of(const Cluster& cluster) {
  std::string text;
  for (const Pod& pod : cluster.traffic.pods()) text += pod.revision.substr(18) + " ";
  return text;
}

}  // namespace

TEST_CASE("a revision tells when it was made and since when it is ready") {
  Cluster cluster;
  CHECK(cluster.revision(canary)->at("metadata")["creationTimestamp"] == "2026-08-01T12:00:00Z");
  CHECK(cluster.ready_of(canary)["lastTransitionTime"] == "2026-08-01T12:00:00Z");
  cluster.clock.forward(90s);
  cluster.control("revisions/ml/" + canary, R"({"ready": false})");
  cluster.reconcile();
  CHECK(cluster.ready_of(canary)["status"] == "False");
  CHECK(cluster.ready_of(canary)["lastTransitionTime"] == "2026-08-01T12:01:30Z");
  cluster.clock.forward(30s);
  cluster.control("revisions/ml/" + canary, R"({"ready": false, "reason": "ContainerMissing"})");
  cluster.reconcile();
  CHECK(cluster.ready_of(canary)["reason"] == "ContainerMissing");
  CHECK(cluster.ready_of(canary)["lastTransitionTime"] == "2026-08-01T12:01:30Z");  // another reason is no transition
  cluster.clock.forward(30s);
  cluster.control("revisions/ml/" + canary, R"({"ready": true})");
  cluster.reconcile();
  CHECK(cluster.ready_of(canary)["lastTransitionTime"] == "2026-08-01T12:02:30Z");
  CHECK(cluster.revision(canary)->at("metadata")["creationTimestamp"] == "2026-08-01T12:00:00Z");
  CHECK(cluster.ready_of(stable)["lastTransitionTime"] == "2026-08-01T12:00:00Z");
}

TEST_CASE("a new revision can take its time to become ready") {
  Cluster cluster;
  CHECK(
      cluster.control("apply", R"({"namespace":"ml","name":"iris","model":"v3","percent":20,"ready_after_seconds":60})")
          .status == 200);
  cluster.reconcile();
  const std::string newer = "iris-predictor-00003";
  CHECK(cluster.shares() == "02:20 01:80 ");
  CHECK(cluster.ready_of(newer)["status"] == "Unknown");
  CHECK(cluster.ready_of(newer)["reason"] == "Deploying");
  cluster.after(59s);
  CHECK(cluster.shares() == "02:20 01:80 ");
  cluster.after(1s);
  CHECK(cluster.shares() == "03:20 01:80 ");
  CHECK(cluster.revision(newer)->at("metadata")["creationTimestamp"] == "2026-08-01T12:00:00Z");
  CHECK(cluster.ready_of(newer)["lastTransitionTime"] == "2026-08-01T12:01:00Z");
}

TEST_CASE("a route waits for a revision that is starting and fails for one that failed") {
  Cluster cluster;
  cluster.control("revisions/ml/" + canary, R"({"ready": "unknown"})");
  cluster.reconcile();
  CHECK(cluster.route()["status"] == "Unknown");
  CHECK(cluster.route()["reason"] == "RevisionMissing");
  cluster.control("revisions/ml/" + canary, R"({"ready": false})");
  cluster.reconcile();
  CHECK(cluster.route()["status"] == "False");
  CHECK(cluster.route()["message"] == "Revision \"iris-predictor-00002\" failed to become ready.");
  cluster.set_percent(0);
  CHECK(cluster.shares() == "02:5 01:95 ");
}

TEST_CASE("a failure of the route or of the new revision outweighs a wait") {
  Cluster cluster;
  cluster.control("revisions/ml/" + canary, R"({"ready": "unknown"})");
  cluster.control("apply", R"({"namespace":"ml","name":"iris","model":"v3","percent":5,"ready":false})");
  cluster.reconcile();
  CHECK(cluster.route()["status"] == "Unknown");
  const Json ready = Cluster::condition(cluster.service(), "PredictorReady");
  CHECK(ready["status"] == "False");
  CHECK(ready["reason"] == "RevisionFailed");

  cluster.control("revisions/ml/" + canary, R"({"ready": false})");
  cluster.control("revisions/ml/iris-predictor-00003", R"({"ready": "unknown"})");
  cluster.reconcile();
  CHECK(Cluster::condition(cluster.service(), "PredictorConfigurationReady")["status"] == "Unknown");
  const Json then = Cluster::condition(cluster.service(), "PredictorReady");
  CHECK(then["status"] == "False");
  CHECK(then["reason"] == "RevisionMissing");
}

TEST_CASE("the ingress follows status after its delay and the requests with it") {
  Cluster cluster;
  cluster.control("reconcile", R"({"ingress_delay_seconds": 10})");
  cluster.set_percent(50);
  CHECK(cluster.shares() == "02:50 01:50 ");
  CHECK(cluster.route()["status"] == "Unknown");
  CHECK(cluster.route()["reason"] == "Uninitialized");
  CHECK(Cluster::condition(cluster.service(), "Ready")["status"] == "Unknown");
  const int before = cluster.answered(canary);
  cluster.after(9s);
  CHECK(cluster.route()["status"] == "Unknown");
  CHECK(cluster.answered(canary) - before == 45);  // 5 % of 100 a second still
  cluster.after(1s);
  CHECK(cluster.route()["status"] == "True");
  const int then = cluster.answered(canary);
  cluster.after(10s);
  CHECK(cluster.answered(canary) - then == 500);
}

TEST_CASE("a deleted revision has no pods and is missing in the traffic") {
  Cluster cluster;
  cluster.set_percent(100);
  CHECK(pods_of(cluster) == "02 ");
  CHECK(Cluster::condition(*cluster.revision(stable), "Active")["status"] == "False");
  CHECK(cluster.ready_of(stable)["status"] == "True");  // scaled to zero is Ready still
  cluster.remove_revision(stable);
  CHECK(cluster.route()["status"] == "True");  // nothing refers to it
  cluster.set_percent(0);
  CHECK(cluster.route()["status"] == "False");
  CHECK(cluster.route()["message"] == "Revision \"iris-predictor-00001\" referenced in traffic not found.");
  CHECK_FALSE(cluster.revision(stable));
  CHECK(cluster.shares() == "02:0 02:100 ");
  CHECK(cluster.control("revisions/ml/" + stable, "{}").status == 404);
}

TEST_CASE("the pods of a revision that is deleted while it has traffic are gone") {
  Cluster cluster;
  cluster.remove_revision(stable);
  CHECK(pods_of(cluster) == "02 ");
  CHECK(cluster.shares() == "02:5 01:95 ");
}

TEST_CASE("a deleted canary is made again with a new beginning and its pods") {
  Cluster cluster;
  cluster.control("revisions/ml/" + canary, R"({"pods": 2, "error_ratio": 0.5})");
  cluster.clock.forward(30s);
  cluster.remove_revision(canary);
  CHECK(cluster.revision(canary)->at("metadata")["creationTimestamp"] == "2026-08-01T12:00:30Z");
  CHECK(cluster.shares() == "02:5 01:95 ");
  CHECK(cluster.traffic.deployment({"ml", canary}).pods == 2);
  CHECK(cluster.traffic.deployment({"ml", canary}).behaviour.error_ratio == doctest::Approx(0.5));
}

TEST_CASE("the canary answers its share at every stage and nothing after a rollback") {
  Cluster cluster;
  for (const int percent : {5, 10, 25, 50, 75, 100}) {
    cluster.set_percent(percent);
    const int before = cluster.answered(canary);
    cluster.after(10s);
    CHECK(cluster.answered(canary) - before == percent * 10);  // of 100 a second
  }
  cluster.set_percent(0);
  const int before = cluster.answered(canary);
  cluster.after(10s);
  CHECK(cluster.answered(canary) == before);
  CHECK(cluster.answered(stable) == 1000);  // its pods are new ones
}

TEST_CASE("requests go by what is routed and not by what is asked for") {
  Cluster cluster;
  cluster.control("revisions/ml/" + canary, R"({"ready": false})");
  cluster.set_percent(50);
  const int before = cluster.answered(canary);
  cluster.after(10s);
  CHECK(cluster.answered(canary) - before == 50);
}

TEST_CASE("a new model can leave the percent alone and have another manager") {
  Cluster cluster;
  CHECK(cluster
            .control("apply", R"({"namespace":"ml","name":"iris","model":"v3","keep_percent":true,"manager":"argocd"})")
            .status == 200);
  cluster.reconcile();
  CHECK(cluster.shares() == "03:5 01:95 ");
  CHECK(dump(cluster.service()["metadata"]["managedFields"]).find("argocd") != std::string::npos);
  CHECK(cluster.control("apply", R"({"namespace":"ml","name":"iris","model":"v4"})").status == 200);
  cluster.reconcile();
  CHECK(cluster.shares() == "04:100 ");
}

TEST_CASE("a revision's health is read back and a wrong one is named") {
  Cluster cluster;
  const std::string path = "revisions/ml/" + canary;
  const Json answer = *parse_json(cluster.control(path, R"({"ready": "unknown", "message": "pulling"})").body);
  CHECK(answer["ready"] == "unknown");
  CHECK(answer["reason"] == "Deploying");
  CHECK(answer["message"] == "pulling");
  CHECK(cluster.control(path, R"({"ready": "no"})").body ==
        R"({"error":"ready: expected true, false or \"unknown\""})");
  CHECK(cluster.control(path, R"({"reason": "x"})").status == 400);
  CHECK(cluster.control("apply", R"({"namespace":"ml","name":"iris","model":"v3","percent":5,"keep_percent":true})")
            .body == R"({"error":"keep_percent: expected no percent beside it"})");
}
