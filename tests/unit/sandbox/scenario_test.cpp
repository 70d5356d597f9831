#include "sandbox/scenario.hpp"

#include <doctest/doctest.h>

#include "sandbox/address.hpp"
#include "sandbox/api.hpp"

namespace {

using namespace canaryd;
using namespace canaryd::sandbox;

// The embedded cluster without its transport and its thread.
struct Cluster {
  SystemClock clock;
  Objects objects{clock};
  ModelTraffic traffic{clock};
  Controller controller{objects, traffic, clock, std::chrono::milliseconds(0)};
  Api api{objects, controller, traffic, clock};

  explicit Cluster(const Scenario& scenario) { load_scenario(scenario, objects, controller, traffic); }

  Json get(const Key& key) const { return *objects.read(Kind::inference_service, key); }
  Response post(const std::string& path, const std::string& body) {
    return api.handle({"POST", path, {}, "application/json", "test/1", body, ""});
  }
  std::string traffic_of(const Key& key, const std::string& component = "predictor") const {
    std::string text;
    const Json service = get(key);
    for (const Json& share : service["status"]["components"][component]["traffic"]) {
      text += share["revisionName"].get<std::string>() + ":" + std::to_string(share["percent"].get<int>()) + " ";
    }
    return text;
  }
};

std::string problem_of(const std::string& text) {
  const auto scenario = parse_scenario(text, "s.json");
  return scenario ? "" : scenario.error().message;
}

const Key iris{"ml", "iris"};

}  // namespace

TEST_CASE("the default scenario is ml iris with a canary at 5") {
  const Cluster cluster(default_scenario());
  CHECK(cluster.traffic_of(iris) == "iris-predictor-00002:5 iris-predictor-00001:95 ");
  const Json service = cluster.get(iris);
  CHECK(service["metadata"]["generation"] == 2);
  CHECK(service["status"]["components"]["predictor"]["latestRolledoutRevision"] == "iris-predictor-00001");
  CHECK(service["status"]["deploymentMode"] == "Knative");
  CHECK(cluster.objects.read(Kind::revision, {"ml", "iris-predictor-00002"})->at("status")["conditions"][2]["type"] ==
        "Ready");
}

TEST_CASE("a scenario with all that it may say") {
  const auto scenario = parse_scenario(R"({"services": [
      {"namespace": "ml", "name": "iris", "requests_per_second": 20, "components": ["predictor", "transformer"],
       "stable": {"error_ratio": 0.1, "pods": 3}, "canary": {"percent": 20, "latency_seconds": 2}, "tag_routing": true},
      {"namespace": "ml", "name": "old", "standard": true}], "generated": {"count": 3, "bytes": 7000}})",
                                       "s.json");
  REQUIRE(scenario);
  const Cluster cluster(*scenario);
  CHECK(cluster.traffic_of(iris, "transformer") == "iris-transformer-00002:20 iris-transformer-00001:80 ");
  CHECK(cluster.traffic.deployment({"ml", "iris-predictor-00001"}).behaviour.error_ratio == doctest::Approx(0.1));
  CHECK(cluster.traffic.deployment({"ml", "iris-predictor-00001"}).pods == 3);
  CHECK(cluster.traffic.deployment({"ml", "iris-transformer-00002"}).behaviour.latency_seconds == doctest::Approx(2));
  CHECK(cluster.get({"ml", "old"})["status"]["deploymentMode"] == "Standard");
  CHECK_FALSE(cluster.get({"ml", "old"})["status"]["components"]["predictor"].contains("traffic"));
}

TEST_CASE("what is wrong in a scenario is named with its place") {
  CHECK(problem_of("{") == "s.json: not JSON; docs/sandbox.md has an example");
  CHECK(problem_of("[]") == "s.json: the document: expected a JSON object");
  CHECK(problem_of(R"({"service": []})") == "s.json: service: expected no such key");
  CHECK(problem_of(R"({"services": [{"name": "x"}]})") ==
        "s.json: services[0].namespace: expected the service's namespace");
  CHECK(problem_of(R"({"services": [{"namespace": "ml", "name": "x", "canary": {"percent": 101}}]})") ==
        "s.json: services[0].canary.percent: expected a whole number from 0 to 100");
  CHECK(problem_of(R"({"services": [{"namespace": "ml", "name": "X"}]})") ==
        "s.json: services[0].name: expected a DNS label of at most 63 of a-z, 0-9 and -");
  CHECK(problem_of(R"({"generated": {"count": "many"}})") ==
        "s.json: generated.count: expected a whole number from 0 to 100000");
}

TEST_CASE("generated services are whole and of the size asked for") {
  Scenario scenario;
  scenario.generated = 50;
  Cluster cluster(scenario);
  const Key last{"bench", "svc-00049"};
  const Json service = cluster.get(last);
  CHECK(cluster.traffic_of(last) == "svc-00049-predictor-00002:5 svc-00049-predictor-00001:95 ");
  CHECK(service["metadata"]["uid"] != cluster.get({"bench", "svc-00048"})["metadata"]["uid"]);
  CHECK(service["metadata"]["resourceVersion"] != cluster.get({"bench", "svc-00048"})["metadata"]["resourceVersion"]);
  CHECK(dump(service).size() > 6000);
  CHECK(dump(service).size() < 8000);
  // An unchanged template makes no new revision: the controller knows what each was made from.
  cluster.controller.reconcile_now(last);
  CHECK(cluster.traffic_of(last) == "svc-00049-predictor-00002:5 svc-00049-predictor-00001:95 ");
}

TEST_CASE("a new model is applied and becomes a new revision") {
  Cluster cluster(default_scenario());
  const Response response = cluster.post(
      "/sandbox/v1/apply", R"({"namespace":"ml","name":"iris","model":"v3","percent":20,"error_ratio":0.5})");
  CHECK(response.status == 200);
  cluster.controller.reconcile_now(iris);
  CHECK(cluster.traffic_of(iris) == "iris-predictor-00003:20 iris-predictor-00001:80 ");
  CHECK(cluster.traffic.deployment({"ml", "iris-predictor-00003"}).behaviour.error_ratio == doctest::Approx(0.5));
}

TEST_CASE("a revision is broken and healed by the control") {
  Cluster cluster(default_scenario());
  const std::string path = "/sandbox/v1/revisions/ml/iris-predictor-00002";
  CHECK(cluster.post(path, R"({"error_ratio":0.3})").status == 200);
  CHECK(cluster.post(path, R"({"confidence":0.4})").status == 200);
  const Behaviour behaviour = cluster.traffic.deployment({"ml", "iris-predictor-00002"}).behaviour;
  CHECK(behaviour.error_ratio == doctest::Approx(0.3));
  CHECK(behaviour.confidence == doctest::Approx(0.4));
  CHECK(cluster.post(path, R"({"error_ratio":3})").body == R"({"error":"error_ratio: expected a number from 0 to 1"})");
  CHECK(cluster.post("/sandbox/v1/revisions/ml/iris-predictor-00009", "{}").status == 404);

  CHECK(cluster.post(path, R"({"ready":false})").status == 200);
  cluster.controller.reconcile_now(iris);
  const Json conditions = cluster.get(iris)["status"]["conditions"];
  CHECK(conditions[2]["type"] == "PredictorRouteReady");
  CHECK(conditions[2]["status"] == "False");
}

TEST_CASE("a deleted service takes its revisions with it") {
  Cluster cluster(default_scenario());
  const Response response = cluster.api.handle(
      {"DELETE", "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/iris", {}, "", "test", "", ""});
  CHECK(response.status == 200);
  cluster.controller.reconcile_now(iris);
  CHECK_FALSE(cluster.objects.read(Kind::revision, {"ml", "iris-predictor-00002"}));
  CHECK(cluster.traffic.pods().empty());
}

TEST_CASE("a service that is deleted and made anew at once begins with its first revision") {
  Cluster cluster(default_scenario());
  const std::string collection = "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices";
  Json service = cluster.get(iris);
  service.erase("status");
  CHECK(cluster.api.handle({"DELETE", collection + "/iris", {}, "", "test", "", ""}).status == 200);
  CHECK(cluster.api.handle({"POST", collection, {}, "application/json", "test", dump(service), ""}).status == 201);
  cluster.controller.reconcile_now(iris);
  CHECK(cluster.traffic_of(iris) == "iris-predictor-00001:5 iris-predictor-00001:95 ");
}

TEST_CASE("a label selector is refused rather than ignored") {
  Cluster cluster(default_scenario());
  const Response response = cluster.api.handle(
      {"GET", "/apis/serving.kserve.io/v1beta1/inferenceservices", {{"labelSelector", "a=b"}}, "", "test", "", ""});
  CHECK(response.status == 400);
}

TEST_CASE("the sandbox listens on loopback only") {
  CHECK(parse_loopback("127.0.0.1:0"));
  CHECK(parse_loopback("localhost:8001")->host == "127.0.0.1");
  CHECK(parse_loopback("[::1]:0")->url_host() == "[::1]");
  for (const char* refused : {"0.0.0.0:0", "192.168.0.1:80", "[::]:0", "example.com:80", "127.0.0.1", "127.0.0.1:x",
                              "127.0.0.1:65536", "127.0.0.1:-1", ":0", ""}) {
    INFO(refused);
    CHECK_FALSE(parse_loopback(refused));
  }
}
