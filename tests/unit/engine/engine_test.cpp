#include "bench.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

TEST_CASE("a bad alert takes the canary to 0 with one patch from the watch's copy and no read") {
  Bench bench;
  bench.start();
  bench.list();
  for (int i = 0; i < 500 && bench.log.records().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const int gets_of_the_rehearsal = bench.api.gets;
  const auto answer = bench.deliver({firing("CanaryHighErrorRate")});
  CHECK(answer.status == 200);
  CHECK(answer.text == "rolled_back ml/iris");
  CHECK(bench.api.percent() == 0);
  CHECK(bench.api.patches == 1);
  CHECK(bench.api.gets == gets_of_the_rehearsal);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
}

TEST_CASE("the rollback is confirmed when status shows it and not before") {
  Bench bench;
  bench.start();
  bench.list();
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.watch_event();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
  bench.api.reconcile();
  bench.watch_event();
  CHECK(bench.tells("intent rolled_back, outcome rolled_back applied, confirmed rolled_back"));
}

TEST_CASE("a rollback that status does not show in time is said once to be unconfirmed and may still be confirmed") {
  Bench bench;
  bench.start();
  bench.list();
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.clock.pass(std::chrono::minutes(2));
  CHECK(bench.tells("intent rolled_back, outcome rolled_back applied, unconfirmed rollback_pending"));
  bench.api.reconcile();
  bench.watch_event();
  CHECK(bench.tells(
      "intent rolled_back, outcome rolled_back applied, unconfirmed rollback_pending, confirmed rolled_back"));
}

TEST_CASE("two alerts for one target in one moment are one patch one intent and one outcome that list both") {
  Bench bench;
  bench.start();
  bench.list();
  CHECK(bench.deliver({firing("CanaryHighErrorRate"), firing("CanaryFailing")}).status == 200);
  CHECK(bench.api.patches == 1);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
  for (const auto& record : bench.log.records()) {
    if (record.action == "rollback") CHECK(record.alerts.size() == 2);
  }
}

TEST_CASE("a repeated delivery changes nothing and is recorded once") {
  Bench bench;
  bench.start();
  bench.list();
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.api.reconcile();
  bench.watch_event();
  REQUIRE(bench.tells("intent rolled_back, outcome rolled_back applied, confirmed rolled_back"));
  for (int i = 0; i < 3; ++i)
    CHECK(bench.deliver({firing("CanaryHighErrorRate")}).text == "already_rolled_back ml/iris");
  CHECK(bench.api.patches == 1);
  CHECK(bench.log.story() ==
        "intent rolled_back, outcome rolled_back applied, confirmed rolled_back, decision already_rolled_back");
}

TEST_CASE("a late alert for an older revision leaves the new canary alone") {
  Bench bench;
  bench.api.object = FakeApi::canary(20, 3, 3, 1);
  bench.start();
  bench.list();
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  CHECK(bench.api.patches == 0);
  CHECK(bench.log.story() == "decision stale_revision");
}

TEST_CASE("a refusal is decided on a fresh read because the watch's copy may be late") {
  Bench bench;
  bench.api.object = FakeApi::canary(0, 2, 2, 1);
  bench.start();
  bench.list();
  bench.api.become(FakeApi::canary(50, 2, 2, 1));
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).text == "rolled_back ml/iris");
  CHECK(bench.api.percent() == 0);
}

TEST_CASE("a revision that changes while the alert is in flight makes the patch fail and nothing is patched") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.before_patch = [](FakeApi& api) {
    api.object = FakeApi::canary(20, 3, 3, 1);
    api.touch();
  };
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  CHECK(bench.api.percent() == 20);
  CHECK(bench.log.story() == "intent rolled_back, outcome conflict not_applied, decision stale_revision");
}

TEST_CASE("a percent that was raised meanwhile is rolled back at the second try") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.before_patch = [](FakeApi& api) {
    api.object = FakeApi::canary(50, 2, 2, 1);
    api.touch();
    api.before_patch = nullptr;
  };
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).text == "rolled_back ml/iris");
  CHECK(bench.api.percent() == 0);
  CHECK(bench.api.patches == 2);
}

TEST_CASE("a service that does not exist is 200 and recorded") {
  Bench bench;
  bench.start();
  auto alert = firing("CanaryHighErrorRate");
  alert.labels["inferenceservice"] = "gone";
  CHECK(bench.deliver({alert}).status == 200);
  CHECK(bench.log.story() == "decision not_found");
}

TEST_CASE("a client bound to other namespaces is refused") {
  Bench bench;
  bench.start();
  bench.list();
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}, {Namespace("other")}).text == "not_in_scope ml/iris");
  CHECK(bench.api.patches == 0);
}

TEST_CASE("truncated and targetless notifications are recorded and what was seen is decided") {
  Bench bench;
  bench.start();
  bench.list();
  auto lost = firing("CanaryFailing");
  lost.labels.erase("inferenceservice");
  auto n = notification({lost, firing("CanaryHighErrorRate")});
  n.truncated_alerts = 3;
  const Delivery delivery{"token:am", "127.0.0.1:1", {}, {}, bench.clock.steady() + std::chrono::seconds(8)};
  CHECK(bench.engine->receive(n, delivery).status == 200);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied, decision no_target, decision truncated");
}

TEST_CASE("resolved alerts and heartbeats and unknown alerts patch nothing") {
  Bench bench;
  bench.start();
  bench.list();
  auto resolved = firing("CanaryHighErrorRate");
  resolved.status = alert::AlertStatus::resolved;
  CHECK(bench.deliver({resolved, firing("Heartbeat"), firing("SomethingElse")}).status == 200);
  CHECK(bench.api.patches == 0);
  CHECK(bench.log.story() == "decision resolved");
}

TEST_CASE("the exported series name both revisions and every threshold while the canary is exposed") {
  Bench bench;
  bench.start();
  bench.list();
  const std::string text = bench.metrics.text();
  CHECK(
      text.find("canaryd_rollout_revision{namespace=\"ml\",inferenceservice=\"iris\",component=\"predictor\",revision="
                "\"iris-predictor-00002\",role=\"canary\"} 1") != std::string::npos);
  CHECK(text.find("revision=\"iris-predictor-00001\",role=\"stable\"} 95") != std::string::npos);
  for (const auto& signal : policy::threshold_signals) {
    CAPTURE(signal.name);
    CHECK(text.find("revision=\"iris-predictor-00002\",signal=\"" + std::string(signal.name) + "\"} ") !=
          std::string::npos);
  }
  CHECK(text.find("signal=\"error_ratio\"} 0.05") != std::string::npos);
  CHECK(text.find("signal=\"latency_seconds\"} +Inf") != std::string::npos);
  CHECK(text.find("canaryd_watch_synced 1") != std::string::npos);
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.api.reconcile();
  bench.watch_event();
  CHECK(bench.metrics.text().find("role=\"canary\"") == std::string::npos);
}

TEST_CASE("requests for one target at one time make one patch") {
  Bench bench;
  bench.start();
  bench.list();
  std::vector<std::thread> threads;
  std::atomic<int> ok{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { ok += bench.deliver({firing("CanaryHighErrorRate")}).status == 200 ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(ok == 8);
  CHECK(bench.api.patches == 1);
}

TEST_CASE("alerts about two independent components take both to 0 by one patch") {
  Bench bench;
  bench.rules.policies[0].components = policy::Components::independent;
  bench.api.object["spec"]["transformer"] = Json{{"canaryTrafficPercent", 30}};
  bench.api.object["status"]["components"]["transformer"] = Json{{"latestCreatedRevision", "iris-transformer-00002"},
                                                                 {"latestReadyRevision", "iris-transformer-00002"},
                                                                 {"latestRolledoutRevision", "iris-transformer-00001"}};
  bench.start();
  bench.list();
  const auto answer = bench.deliver({firing("CanaryHighErrorRate"), firing("CanaryFailing", "iris-transformer-00002")});
  CHECK(answer.text == "rolled_back ml/iris");
  CHECK(bench.api.patches == 1);
  CHECK(bench.api.percent() == 0);
  CHECK(Json::parse(bench.api.text())["spec"]["transformer"]["canaryTrafficPercent"] == 0);
}

TEST_CASE("a list that began before the rollback does not undo it in the copies") {
  Bench bench;
  bench.start();
  bench.list();
  bench.engine->sink().list_began(Namespace());
  const Json old{{"metadata", {{"resourceVersion", "100"}}}, {"items", Json::array({Json::parse(bench.api.text())})}};
  bench.deliver({firing("CanaryHighErrorRate")});
  REQUIRE(bench.engine->sink().page(Namespace(), old.dump()));
  bench.engine->sink().list_done(Namespace());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
  bench.api.reconcile();
  bench.watch_event();
  CHECK(bench.tells("intent rolled_back, outcome rolled_back applied, confirmed rolled_back"));
}

TEST_CASE("what admission changed beyond the traffic is recorded with the outcome") {
  Bench bench;
  bench.start();
  bench.list();
  for (int i = 0; i < 500 && bench.log.records().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  bench.api.before_patch = [](FakeApi& api) { api.object["metadata"]["annotations"] = Json{{"webhook", "was here"}}; };
  bench.deliver({firing("CanaryHighErrorRate")});
  const auto records = bench.log.records();
  REQUIRE(records.back().api.has_value());
  CHECK(records.back().api->admission_changed == std::vector<std::string>{"/metadata/annotations"});
}

TEST_CASE("a decision that comes again after an act is recorded again") {
  Bench bench;
  bench.api.object = FakeApi::canary(0, 2, 2, 1);
  bench.start();
  bench.list();
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.api.become(FakeApi::canary(20, 2, 2, 1));
  bench.watch_event();
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.api.reconcile();
  bench.watch_event();
  const std::string acted =
      "decision already_rolled_back, intent rolled_back, outcome rolled_back applied, confirmed rolled_back";
  REQUIRE(bench.tells(acted));
  bench.deliver({firing("CanaryHighErrorRate")});
  CHECK(bench.log.story() == acted + ", decision already_rolled_back");
}

TEST_CASE("later records about a rollback say who asked for it and why") {
  Bench bench;
  bench.start();
  bench.list();
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.api.reconcile();
  bench.watch_event();
  REQUIRE(bench.tells("intent rolled_back, outcome rolled_back applied, confirmed rolled_back"));
  for (const auto& record : bench.log.records()) {
    if (record.action == "rehearsal") continue;
    CHECK(record.actor == "token:am");
    CHECK(record.alerts.size() == 1);
    CHECK(record.config_sha256 == "c0ffee");
    CHECK(record.policy_sha256.size() == 64);
    CHECK_FALSE(record.guards.empty());
  }
}
