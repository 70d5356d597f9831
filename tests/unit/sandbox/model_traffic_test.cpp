#include "../../../src/sandbox/model_traffic.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace canaryd;
using namespace canaryd::sandbox;

class HandClock final : public Clock {
 public:
  WallTime now() const override { return {}; }
  SteadyTime steady() const override { return now_; }
  void forward(std::chrono::milliseconds by) { now_ += by; }

 private:
  SteadyTime now_{};
};

const Key iris{"ml", "iris"};
const std::string canary = "iris-predictor-00002";
const std::string stable = "iris-predictor-00001";

struct Fixture {
  HandClock clock;
  ModelTraffic traffic{clock};

  Fixture() {
    traffic.set_rate(iris, 100);
    split(5);
  }
  void split(std::int64_t percent) {
    traffic.set_split(iris, "predictor", {{canary, percent, "", true}, {stable, 100 - percent, "prev", false}});
  }
  // The value of the one series of `name` whose labels hold both texts; "" when there is none.
  std::string value(const std::string& name, const std::string& revision, const std::string& label = "") {
    const std::string text = traffic.metrics();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.starts_with(name + "{") && line.find("revision=\"" + revision + "\"") != std::string::npos &&
          line.find(label) != std::string::npos) {
        return line.substr(line.rfind(' ') + 1);
      }
    }
    return "";
  }
};

const std::string success = "status=\"success\"";
const std::string error = "status=\"error\"";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "requests are split by the real percentages") {
  traffic.set_behaviour({"ml", canary}, {0, 0.05, 0.9, false});
  traffic.set_behaviour({"ml", stable}, {0, 0.05, 0.9, false});
  clock.forward(std::chrono::seconds(60));
  CHECK(value("model_predictions_total", canary, success) == "300");
  CHECK(value("model_predictions_total", stable, success) == "5700");
}

TEST_CASE_FIXTURE(Fixture, "a broken revision fails its share of requests from that moment on") {
  traffic.set_behaviour({"ml", canary}, {0, 0.05, 0.9, false});
  clock.forward(std::chrono::seconds(60));
  traffic.set_behaviour({"ml", canary}, {0.3, 0.05, 0.9, false});
  CHECK(value("model_predictions_total", canary, error) == "0");
  clock.forward(std::chrono::seconds(60));
  CHECK(value("model_predictions_total", canary, error) == "90");
  CHECK(value("model_predictions_total", canary, success) == "510");
  CHECK(value("model_errors_total", canary, "error_type=\"prediction\"") == "90");
  CHECK(value("model_prediction_latency_seconds_count", canary) == "600");
}

TEST_CASE_FIXTURE(Fixture, "a canary at 0 gets no requests and its pods still export") {
  clock.forward(std::chrono::seconds(60));
  split(0);
  const std::string before = value("model_prediction_latency_seconds_count", canary);
  clock.forward(std::chrono::seconds(60));
  CHECK(before == "300");
  CHECK(value("model_prediction_latency_seconds_count", canary) == "300");
}

TEST_CASE_FIXTURE(Fixture, "a dead canary exports nothing") {
  clock.forward(std::chrono::seconds(60));
  traffic.set_behaviour({"ml", canary}, {0, 0.05, 0.9, true});
  CHECK(traffic.metrics().find(canary) == std::string::npos);
  CHECK(traffic.metrics().find(stable) != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "the 95th percentile of the latency is what was set") {
  traffic.set_behaviour({"ml", canary}, {0, 0.5, 0.9, false});
  clock.forward(std::chrono::seconds(200));
  CHECK(value("model_prediction_latency_seconds_count", canary) == "1000");
  CHECK(value("model_prediction_latency_seconds_bucket", canary, "le=\"0.5\"") == "950");
  CHECK(value("model_prediction_latency_seconds_bucket", canary, "le=\"+Inf\"") == "1000");
}

TEST_CASE_FIXTURE(Fixture, "the mean of the confidence is what was set and failures have none") {
  traffic.set_behaviour({"ml", canary}, {0.5, 0.05, 0.6, false});
  clock.forward(std::chrono::seconds(200));
  CHECK(value("model_prediction_confidence_count", canary) == "500");
  CHECK(value("model_prediction_confidence_sum", canary) == "300");
  CHECK(value("model_prediction_confidence_bucket", canary, "le=\"0.6\"") == "250");
}

TEST_CASE_FIXTURE(Fixture, "each pod carries the labels that a PodMonitor would give") {
  const std::string text = traffic.metrics();
  CHECK(
      text.find("model_predictions_total{model_name=\"iris\",model_version=\"v2\",namespace=\"ml\","
                "inferenceservice=\"iris\",revision=\"iris-predictor-00002\",pod=\"iris-predictor-00002-deployment-0\","
                "status=\"success\"} 0\n") != std::string::npos);
  CHECK(text.find("# TYPE model_prediction_confidence histogram\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "counters do not fall when they are read often") {
  double last = 0;
  for (int i = 0; i < 500; ++i) {
    clock.forward(std::chrono::milliseconds(7));
    const double now = std::stod(value("model_predictions_total", stable, success));
    CHECK(now >= last);
    last = now;
  }
}
