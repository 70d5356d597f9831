#include "sandbox/model_traffic.hpp"

#include <doctest/doctest.h>

#include <string>

#include "hand_clock.hpp"

namespace {

using namespace canaryd;
using namespace canaryd::sandbox;

const Key iris{"ml", "iris"};
const Key canary{"ml", "iris-predictor-00002"};
const Key stable{"ml", "iris-predictor-00001"};

struct Fixture {
  HandClock clock;
  ModelTraffic traffic{clock};

  Fixture() {
    traffic.set_rate(iris, 100);
    split(5);
  }
  void split(std::int64_t percent) {
    traffic.set_split(iris, "predictor",
                      {{canary.name, percent, "", true}, {stable.name, 100 - percent, "prev", false}});
  }
  static Key pod(const Key& revision, int number = 0) {
    return {revision.ns, revision.name + "-deployment-" + std::to_string(number)};
  }
  // The value of the one series of `name` on this pod whose labels hold the text; "" when there is none.
  std::string value(const std::string& name, const Key& on, const std::string& label = "") {
    const std::string text = traffic.metrics(on).value_or("");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.starts_with(name + "{") && line.find(label) != std::string::npos) {
        return line.substr(line.rfind(' ') + 1);
      }
    }
    return "";
  }
  std::string requests(const Key& on) { return value("model_prediction_latency_seconds_count", on); }
  std::string names() const {
    std::string text;
    for (const Pod& pod : traffic.pods()) text += pod.name + (pod.ready ? " " : "! ");
    return text;
  }
};

const std::string success = "status=\"success\"";
const std::string error = "status=\"error\"";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "requests are split by the real percentages") {
  traffic.set_deployment(canary, {1, {0, 0.05, 0.9, false}});
  traffic.set_deployment(stable, {1, {0, 0.05, 0.9, false}});
  clock.forward(std::chrono::seconds(60));
  CHECK(value("model_predictions_total", pod(canary), success) == "300");
  CHECK(value("model_predictions_total", pod(stable), success) == "5700");
}

TEST_CASE_FIXTURE(Fixture, "a broken revision fails its share of requests from that moment on") {
  traffic.set_deployment(canary, {1, {0, 0.05, 0.9, false}});
  clock.forward(std::chrono::seconds(60));
  traffic.set_deployment(canary, {1, {0.3, 0.05, 0.9, false}});
  CHECK(value("model_predictions_total", pod(canary), error) == "0");
  clock.forward(std::chrono::seconds(60));
  CHECK(value("model_predictions_total", pod(canary), error) == "90");
  CHECK(value("model_predictions_total", pod(canary), success) == "510");
  CHECK(value("model_errors_total", pod(canary), "error_type=\"prediction\"") == "90");
  CHECK(requests(pod(canary)) == "600");
}

TEST_CASE_FIXTURE(Fixture, "a canary at 0 gets no requests and its pods still export") {
  clock.forward(std::chrono::seconds(60));
  split(0);
  CHECK(requests(pod(canary)) == "300");
  clock.forward(std::chrono::seconds(60));
  CHECK(requests(pod(canary)) == "300");
}

TEST_CASE_FIXTURE(Fixture, "the pods of a revision share its requests evenly") {
  traffic.set_deployment(stable, {3, {}});
  clock.forward(std::chrono::seconds(60));
  for (int number = 0; number < 3; ++number) CHECK(requests(pod(stable, number)) == "1900");
  CHECK_FALSE(traffic.metrics(pod(stable, 3)));
}

TEST_CASE_FIXTURE(Fixture, "one of several pods may fail alone") {
  traffic.set_deployment(canary, {2, {0, 0.05, 0.9, false}});
  CHECK(traffic.set_behaviour(pod(canary, 1), {0.8, 0.05, 0.9, false}));
  clock.forward(std::chrono::seconds(40));
  CHECK(value("model_errors_total", pod(canary, 0)) == "0");
  CHECK(value("model_errors_total", pod(canary, 1)) == "80");
  CHECK(traffic.behaviour(pod(canary, 0))->error_ratio == 0);
  CHECK(traffic.deployment(canary).behaviour.error_ratio == 0);
}

TEST_CASE_FIXTURE(Fixture, "the requests of a dead pod go to the others and those of a dead revision nowhere") {
  traffic.set_deployment(canary, {2, {}});
  CHECK(traffic.set_behaviour(pod(canary, 1), {0, 0.05, 0.9, true}));
  clock.forward(std::chrono::seconds(60));
  CHECK(requests(pod(canary, 0)) == "300");
  CHECK(requests(pod(canary, 1)) == "0");
  CHECK(names() ==
        "iris-predictor-00001-deployment-0 iris-predictor-00002-deployment-0 "
        "iris-predictor-00002-deployment-1! ");

  traffic.set_deployment(canary, {2, {0, 0.05, 0.9, true}});
  clock.forward(std::chrono::seconds(60));
  CHECK(requests(pod(canary, 0)) == "0");
  CHECK(requests(pod(stable)) == "11400");
}

TEST_CASE_FIXTURE(Fixture, "the counters of a restarted pod begin at 0") {
  clock.forward(std::chrono::seconds(60));
  CHECK(requests(pod(canary)) == "300");
  traffic.set_deployment(canary, {1, {0, 0.05, 0.9, true}});
  clock.forward(std::chrono::seconds(60));
  traffic.set_deployment(canary, {1, {0, 0.05, 0.9, false}});
  clock.forward(std::chrono::seconds(20));
  CHECK(requests(pod(canary)) == "100");
}

TEST_CASE_FIXTURE(Fixture, "a revision without pods and one without a share are not there to be scraped") {
  traffic.set_deployment(canary, {0, {}});
  CHECK(names() == "iris-predictor-00001-deployment-0 ");
  traffic.set_deployment(canary, {1, {}});
  traffic.set_split(iris, "predictor", {{stable.name, 100, "", true}});
  CHECK(names() == "iris-predictor-00001-deployment-0 ");
  CHECK_FALSE(traffic.metrics(pod(canary)));
  CHECK_FALSE(traffic.set_behaviour(pod(canary), {}));
}

TEST_CASE_FIXTURE(Fixture, "pods that come back after their revision had no share count from 0") {
  clock.forward(std::chrono::seconds(60));
  traffic.set_split(iris, "predictor", {{stable.name, 100, "", true}});
  split(5);
  CHECK(requests(pod(canary)) == "0");
  CHECK(requests(pod(stable)) == "5700");
}

TEST_CASE_FIXTURE(Fixture, "a pod has one name only") {
  for (const char* name :
       {"iris-predictor-00002-deployment-00", "iris-predictor-00002-deployment-", "iris-predictor-00002",
        "iris-predictor-00002-deployment-0x", "iris-predictor-00002-deployment-99999999999999999999",
        "iris-predictor-00003-deployment-0", ""}) {
    INFO(name);
    CHECK_FALSE(traffic.metrics({"ml", name}));
  }
  CHECK_FALSE(traffic.metrics({"other", pod(canary).name}));
  CHECK(traffic.metrics(pod(canary)));
}

TEST_CASE_FIXTURE(Fixture, "counters do not fall when they are read often") {
  double last = 0;
  for (int i = 0; i < 500; ++i) {
    clock.forward(std::chrono::milliseconds(7));
    const double now = std::stod(value("model_predictions_total", pod(stable), success));
    CHECK(now >= last);
    last = now;
  }
}
