#include "promotions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

namespace {

std::vector<std::string> failing(const audit::Record& record) {
  std::vector<std::string> names;
  for (const auto& guard : record.guards) {
    if (!guard.passed) names.push_back(guard.guard);
  }
  return names;
}

}  // namespace

TEST_CASE("a healthy canary that served its dwell goes one stage forward and both records say so") {
  PromotionBench bench;
  bench.begin();
  const auto answer = bench.deliver({healthy(5)});
  CHECK(answer.status == 200);
  CHECK(answer.text == "advanced ml/iris");
  CHECK(bench.api.percent() == 10);
  CHECK(bench.log.story() == "intent advanced, outcome advanced applied");
}

TEST_CASE("a healthy canary goes through all stages and is promoted at the end") {
  PromotionBench bench;
  bench.begin();
  for (const int percent : {5, 10, 25, 50, 75}) {
    bench.known.percent = percent;
    REQUIRE(bench.deliver({healthy(percent)}).text == "advanced ml/iris");
    bench.api.reconcile();
    bench.watch_event();
    bench.clock.pass(std::chrono::minutes(15));
  }
  CHECK(bench.api.percent() == 100);
  bench.known.percent = 100;
  CHECK(bench.deliver({healthy(100)}).text == "promoted ml/iris");
  const auto object = Json::parse(bench.api.text());
  CHECK_FALSE(object["spec"]["predictor"].contains("canaryTrafficPercent"));
  CHECK(bench.metrics.text().find("canaryd_last_promotion_timestamp_seconds{") != std::string::npos);
}

TEST_CASE("the same notification again is about a share that has passed and changes nothing") {
  PromotionBench bench;
  bench.begin();
  REQUIRE(bench.deliver({healthy(5)}).text == "advanced ml/iris");
  CHECK(bench.deliver({healthy(5)}).text == "stale_alert ml/iris");
  CHECK(bench.api.percent() == 10);
  CHECK(failing(bench.last("advance")) == std::vector<std::string>{"stale_alert", "not_converged", "dwell"});
}

TEST_CASE("a bad alert in the same notification wins over the healthy one") {
  PromotionBench bench;
  bench.begin();
  CHECK(bench.deliver({healthy(5), firing("CanaryFailing")}).status == 200);
  CHECK(bench.api.percent() == 0);
}

TEST_CASE("a bad alert that fires for the service holds until it is resolved") {
  PromotionBench bench;
  bench.begin();
  auto bad = firing("CanaryFailing", "iris-predictor-00001");  // about another revision: it rolls nothing back
  bench.deliver({bad});
  CHECK(bench.deliver({healthy(5)}).text == "bad_alert_active ml/iris");
  bad.status = alert::AlertStatus::resolved;
  bench.deliver({bad});
  CHECK(bench.deliver({healthy(5)}).text == "advanced ml/iris");
}

TEST_CASE("a percent whose time is in the future holds until that time is past and served") {
  PromotionBench bench;
  bench.set_manager("kubectl", "2026-08-01T12:30:00Z");
  bench.begin();
  CHECK(bench.deliver({healthy(5)}).text == "dwell ml/iris");
  const auto record = bench.last("advance");
  CHECK(failing(record) == std::vector<std::string>{"dwell"});
  bench.clock.pass(std::chrono::minutes(20));
  CHECK_MESSAGE(bench.deliver({healthy(5)}).text == "dwell ml/iris", "it is past, and not served");
  bench.clock.pass(std::chrono::minutes(6));
  CHECK(bench.deliver({healthy(5)}).text == "advanced ml/iris");
}

TEST_CASE("a gate whose answers name a revision twice holds") {
  for (const char* question : {"confidence", "latency", "error_ratio", "sum_over_time(canary:requests", "max by"}) {
    CAPTURE(question);
    PromotionBench bench;
    bench.known.twice = question;
    bench.begin();
    CHECK(bench.deliver({healthy(5)}).text == "gate_unknown ml/iris");
    CHECK(bench.api.percent() == 5);
  }
}

TEST_CASE("without Prometheus nothing goes forward and a rollback does not ask it") {
  PromotionBench bench;
  bench.known.error = Error::unavailable("down");
  bench.begin();
  CHECK(bench.deliver({healthy(5)}).text == "gate_unknown ml/iris");
  CHECK(bench.api.percent() == 5);
  bench.known.asked.clear();
  CHECK(bench.deliver({firing("CanaryFailing")}).text == "rolled_back ml/iris");
  CHECK(bench.known.asked.empty());
}

TEST_CASE("what a bad alert in Prometheus alone knows holds as well") {
  PromotionBench bench;
  bench.begin();
  bench.known.alerts = {{{{"alertname", "CanaryHighLatency"},
                          {"alertstate", "pending"},
                          {"namespace", "ml"},
                          {"inferenceservice", "iris"},
                          {"revision", "iris-predictor-00002"}},
                         1}};
  CHECK(bench.deliver({healthy(5)}).text == "bad_alert_active ml/iris");
}

TEST_CASE("during the warm-up nothing goes forward") {
  PromotionBench bench;
  bench.start();
  bench.list();
  bench.clock.set(bench.clock.now() + std::chrono::minutes(15));
  CHECK(bench.deliver({healthy(5)}).text == "warming_up ml/iris");
}

TEST_CASE("the gate is asked only when nothing else holds") {
  PromotionBench bench;
  bench.start();
  bench.list();
  bench.deliver({healthy(5)});
  CHECK(bench.known.asked.empty());
}

TEST_CASE("in observe the step is tried with dryRun and the record says what would have been done") {
  PromotionBench bench;
  bench.rules.policies[0].mode = policy::Mode::observe;
  bench.begin();
  CHECK(bench.deliver({healthy(5)}).text == "observe_only ml/iris");
  CHECK(bench.api.percent() == 5);
  const auto record = bench.last("advance");
  REQUIRE(record.api.has_value());
  CHECK(record.api->result == "dry_run");
  REQUIRE(record.changes.size() == 1);
  CHECK(record.changes[0].percent_after == 10);
  CHECK(record.patch.find("canaryTrafficPercent") != std::string::npos);
}

TEST_CASE("a step whose patch fails a test is not decided again") {
  PromotionBench bench;
  bench.begin();
  bench.api.before_patch = [](FakeApi& api) {
    api.object["metadata"]["generation"] = 77;
    api.touch();
  };
  CHECK(bench.deliver({healthy(5)}).text == "conflict ml/iris");
  CHECK(bench.api.patches == 1);
  CHECK(bench.api.percent() == 5);
}

TEST_CASE("after a rollback the revision is quarantined and only a release lets it go forward by hand") {
  PromotionBench bench;
  bench.begin();
  REQUIRE(bench.deliver({firing("CanaryFailing")}).text == "rolled_back ml/iris");
  bench.api.reconcile();
  bench.watch_event();
  CHECK(bench.command(Verb::advance).reason == "quarantined");
  CHECK(bench.command(Verb::release).status == 200);
  auto resolved = firing("CanaryFailing");
  resolved.status = alert::AlertStatus::resolved;
  bench.deliver({resolved});
  const auto answer = bench.command(Verb::advance);
  CHECK_MESSAGE(answer.status == 200, answer.message);
  CHECK(bench.api.percent() == 5);
}
