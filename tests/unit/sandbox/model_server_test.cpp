#include "sandbox/model_server.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace canaryd::sandbox;

// What a scrape of the server reads; the labels that all of its series share are left out.
double value(const ModelServer& server, const std::string& name, const std::string& more = "") {
  const std::string text = server.metrics("iris", "v2");
  const std::string series = name + "{model_name=\"iris\",model_version=\"v2\"" + more + "} ";
  const std::size_t at = text.find("\n" + series);
  REQUIRE_MESSAGE(at != std::string::npos, series);
  return std::stod(text.substr(at + 1 + series.size()));
}

// histogram_quantile() as Prometheus computes it: straight lines between the bounds.
double quantile(double q, const ModelServer& server, const std::string& name) {
  const double rank = q * value(server, name + "_count");
  double bound = 0;
  double below = 0;
  for (const char* edge : {"0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "1", "2.5", "5"}) {
    const double count = value(server, name + "_bucket", std::string(",le=\"") + edge + "\"");
    if (count >= rank) return bound + (std::stod(edge) - bound) * (rank - below) / (count - below);
    bound = std::stod(edge);
    below = count;
  }
  return bound;
}

ModelServer after(double requests, const Behaviour& behaviour) {
  ModelServer server;
  server.set_behaviour(behaviour);
  server.serve(requests);
  return server;
}

const std::string latency = "model_prediction_latency_seconds";
const std::string confidence = "model_prediction_confidence";

}  // namespace

TEST_CASE("a model server exports no label that only Kubernetes knows") {
  const std::string text = ModelServer().metrics("iris", "v2");
  CHECK(text.find("\nmodel_predictions_total{model_name=\"iris\",model_version=\"v2\",status=\"success\"} 0\n") !=
        std::string::npos);
  CHECK(text.find("# TYPE model_prediction_confidence histogram\n") != std::string::npos);
  for (const char* label : {"namespace", "revision", "pod", "inferenceservice", "instance"}) {
    INFO(label);
    CHECK(text.find(label) == std::string::npos);
  }
}

TEST_CASE("the 95th percentile that Prometheus computes is exact at the bounds of the buckets") {
  for (const double p95 : {0.005, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5}) {
    INFO(p95);
    CHECK(quantile(0.95, after(100000, {0, p95, 0.9, false}), latency) == doctest::Approx(p95).epsilon(0.001));
  }
}

TEST_CASE("between two bounds the 95th percentile is an estimate as with any histogram") {
  CHECK(quantile(0.95, after(100000, {0, 0.07, 0.9, false}), latency) == doctest::Approx(0.07).epsilon(0.02));
  // 0.25 to 0.5 is one bucket: 0.35 reads as 0.46.
  CHECK(quantile(0.95, after(100000, {0, 0.35, 0.9, false}), latency) == doctest::Approx(0.461).epsilon(0.01));
}

TEST_CASE("the mean of the confidence is what was set and failures have none") {
  const ModelServer server = after(1000, {0.5, 0.05, 0.6, false});
  CHECK(value(server, confidence + "_count") == 500);
  CHECK(value(server, confidence + "_sum") == doctest::Approx(300));
  CHECK(value(server, confidence + "_bucket", ",le=\"0.6\"") == 250);
  CHECK(value(server, confidence + "_bucket", ",le=\"+Inf\"") == 500);
}

TEST_CASE("failed requests take their time too") {
  CHECK(value(after(1000, {1, 0.05, 0.6, false}), latency + "_count") == 1000);
}

TEST_CASE("a dead server answers nothing and forgets what it counted") {
  ModelServer server = after(1000, {});
  CHECK(value(server, latency + "_count") == 1000);
  server.set_behaviour({0, 0.05, 0.9, true});
  server.serve(1000);
  CHECK(value(server, latency + "_count") == 0);
  server.set_behaviour({});
  server.serve(10);
  CHECK(value(server, latency + "_count") == 10);
}
