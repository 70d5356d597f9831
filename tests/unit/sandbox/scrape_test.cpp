#include <doctest/doctest.h>

#include "sandbox/api.hpp"
#include "sandbox/scenario.hpp"

namespace {

using namespace canaryd;
using namespace canaryd::sandbox;

struct Fixture {
  SystemClock clock;
  Objects objects{clock};
  ModelTraffic traffic{clock};
  Controller controller{objects, traffic, clock, std::chrono::milliseconds(0)};
  Api api{objects, controller, traffic, clock};

  Fixture() {
    const auto scenario = parse_scenario(
        R"({"services": [{"namespace": "ml", "name": "iris", "canary": {"percent": 5, "pods": 2}}]})", "s.json");
    REQUIRE(scenario);
    load_scenario(*scenario, objects, controller, traffic);
  }
  Response get(const std::string& path) { return api.handle({"GET", path, {}, "", "", "", "127.0.0.1:8001"}); }
  Response post(const std::string& path, const std::string& body) {
    return api.handle({"POST", path, {}, "application/json", "", body, ""});
  }
  Json targets() { return *parse_json(get("/sandbox/v1/targets").body); }
};

const std::string second = "iris-predictor-00002-deployment-1";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "each pod is a target with the labels that discovery in Kubernetes gives it") {
  const Json list = targets();
  REQUIRE(list.size() == 3);
  const Json& target = list[2];
  CHECK(target["targets"] == Json({"127.0.0.1:8001"}));
  const Json& labels = target["labels"];
  CHECK(labels["__metrics_path__"] == "/pods/ml/" + second + "/metrics");
  CHECK(labels["__meta_kubernetes_namespace"] == "ml");
  CHECK(labels["__meta_kubernetes_pod_name"] == second);
  CHECK(labels["__meta_kubernetes_pod_ip"] == "127.0.0.1");
  CHECK(labels["__meta_kubernetes_pod_phase"] == "Running");
  CHECK(labels["__meta_kubernetes_pod_ready"] == "true");
  CHECK(labels["__meta_kubernetes_pod_container_name"] == "kserve-container");
  CHECK(labels["__meta_kubernetes_pod_container_port_number"] == "8001");
  CHECK(labels["__meta_kubernetes_pod_label_serving_knative_dev_revision"] == "iris-predictor-00002");
  CHECK(labels["__meta_kubernetes_pod_labelpresent_serving_knative_dev_revision"] == "true");
  CHECK(labels["__meta_kubernetes_pod_label_serving_knative_dev_service"] == "iris-predictor");
  CHECK(labels["__meta_kubernetes_pod_label_serving_kserve_io_inferenceservice"] == "iris");
  CHECK(labels["__meta_kubernetes_pod_label_component"] == "predictor");
  // Prometheus refuses a whole answer for one label that is no string.
  for (const auto& [name, value] : labels.items()) CHECK_MESSAGE(value.is_string(), name);
}

TEST_CASE_FIXTURE(Fixture, "what a target names can be scraped") {
  for (const Json& target : targets()) {
    const Response response = get(target["labels"]["__metrics_path__"].get<std::string>());
    CHECK(response.status == 200);
    CHECK(response.content_type.starts_with("text/plain; version=0.0.4"));
    CHECK(response.body.find("model_predictions_total{") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Fixture, "a dead pod stays a target and refuses the scrape") {
  CHECK(post("/sandbox/v1/pods/ml/" + second, R"({"dead": true})").status == 200);
  const Json list = targets();
  REQUIRE(list.size() == 3);
  CHECK(list[2]["labels"]["__meta_kubernetes_pod_ready"] == "false");
  CHECK(get("/pods/ml/" + second + "/metrics").status == 503);
  CHECK(get("/pods/ml/iris-predictor-00002-deployment-0/metrics").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "a revision may be given pods and one pod a behaviour of its own") {
  const std::string revision = "/sandbox/v1/revisions/ml/iris-predictor-00001";
  CHECK(post(revision, R"({"pods": 4, "error_ratio": 0.1})").status == 200);
  CHECK(targets().size() == 6);
  const std::string pod = "/sandbox/v1/pods/ml/iris-predictor-00001-deployment-3";
  CHECK(post(pod, R"({"error_ratio": 0.5})").body.find("\"error_ratio\":0.5") != std::string::npos);
  CHECK(traffic.behaviour({"ml", "iris-predictor-00001-deployment-0"})->error_ratio == doctest::Approx(0.1));
  CHECK(post(pod, R"({"pods": 2})").body == R"({"error":"pods: expected no such key"})");
  CHECK(post(pod, "[").status == 400);
  CHECK(post("/sandbox/v1/pods/ml/nobody-deployment-0", "{}").status == 404);
  CHECK(post(revision, R"({"pods": 0})").status == 200);
  CHECK(targets().size() == 2);
  CHECK(get(revision).body.find("\"pods\":0") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "paths that are no pod's are refused") {
  for (const char* path :
       {"/metrics", "/pods/", "/pods/ml", "/pods/ml/metrics", "/pods/ml//metrics", "/pods//x/metrics",
        "/pods/ml/iris-predictor-00002-deployment-0", "/pods/ml/nobody-deployment-0/metrics"}) {
    INFO(path);
    CHECK(get(path).status == 404);
  }
  CHECK(post("/pods/ml/iris-predictor-00002-deployment-0/metrics", "").status == 405);
  CHECK(post("/sandbox/v1/targets", "").status == 405);
}
