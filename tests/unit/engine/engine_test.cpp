#include "canaryd/engine/engine.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "canaryd/base/time_text.hpp"
#include "fakes.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using canaryd::engine::testing::FakeApi;
using canaryd::engine::testing::FakeClock;
using canaryd::engine::testing::FakeLog;
using canaryd::engine::testing::Json;

namespace {

Rules shipped_rules() {
  Rules rules;
  alert::Mapping bad;
  bad.matchers = {*alert::Matcher::parse("alertname=~\"Canary.*\"")};
  bad.action = alert::Action::rollback;
  alert::Mapping heartbeat;
  heartbeat.matchers = {*alert::Matcher::parse("alertname=\"Heartbeat\"")};
  heartbeat.action = alert::Action::heartbeat;
  rules.alerts = {bad, heartbeat};
  policy::Policy policy;
  policy.name = "default";
  rules.policies = {policy};
  rules.config_sha256 = "c0ffee";
  return rules;
}

alert::Alert firing(const std::string& name, const std::string& revision = "iris-predictor-00002") {
  alert::Alert alert;
  alert.labels = {{"alertname", name}, {"namespace", "ml"}, {"inferenceservice", "iris"}};
  if (!revision.empty()) alert.labels["revision"] = revision;
  alert.starts_at = *parse_rfc3339("2026-08-01T11:59:00Z");
  alert.fingerprint = "00000000000000" + std::to_string(10 + name.size());
  return alert;
}

alert::Notification notification(std::vector<alert::Alert> alerts) {
  alert::Notification n;
  n.group_key = "{}:{}";
  n.alerts = std::move(alerts);
  return n;
}

// An engine with its copies fed by hand: what the watch would bring.
struct Bench {
  FakeClock clock;
  FakeLog log;
  FakeApi api;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;
  std::unique_ptr<Engine> engine;
  std::atomic<bool> fresh{true};

  void start() {
    engine = std::make_unique<Engine>(Settings{"pod-0", {}}, shipped_rules(), api, log, clock, logger, metrics);
    engine->start([this] { return fresh.load(); });
  }
  void list() {
    engine->sink().list_began(Namespace());
    const Json page{{"metadata", {{"resourceVersion", "100"}}}, {"items", Json::array({Json::parse(api.text())})}};
    REQUIRE(engine->sink().page(Namespace(), page.dump()));
    engine->sink().list_done(Namespace());
  }
  void watch_event() {
    const Json event{{"type", "MODIFIED"}, {"object", Json::parse(api.text())}};
    REQUIRE(engine->sink().event(Namespace(), event.dump()));
  }
  Answer deliver(std::vector<alert::Alert> alerts, std::vector<Namespace> allowed = {}) {
    const Delivery delivery{
        "token:am", "127.0.0.1:1", std::move(allowed), {}, clock.steady() + std::chrono::seconds(8)};
    return engine->receive(notification(std::move(alerts)), delivery);
  }
  // Waits for the background thread to have told this story.
  bool tells(const std::string& story) const {
    for (int i = 0; i < 1000 && log.story() != story; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return log.story() == story;
  }
};

}  // namespace

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
  bench.clock.set(bench.clock.now() + std::chrono::minutes(2));
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
  for (int i = 0; i < 3; ++i)
    CHECK(bench.deliver({firing("CanaryHighErrorRate")}).text == "already_rolled_back ml/iris");
  CHECK(bench.api.patches == 1);
  CHECK(bench.tells(
      "intent rolled_back, outcome rolled_back applied, confirmed rolled_back, decision already_rolled_back"));
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

TEST_CASE("an object that changes at every try ends as 503") {
  Bench bench;
  bench.start();
  bench.list();
  int percent = 10;
  bench.api.before_patch = [&](FakeApi& api) {
    api.object = FakeApi::canary(++percent, 2, 2, 1);
    api.touch();
  };
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.api.patches == 3);
}

TEST_CASE("when the audit log cannot take the intent nothing is patched") {
  Bench bench;
  bench.start();
  bench.list();
  bench.log.refuse([](const audit::Record& record) { return record.kind == audit::Kind::intent; });
  const auto answer = bench.deliver({firing("CanaryHighErrorRate")});
  CHECK(answer.status == 503);
  CHECK(answer.text == "audit_unavailable ml/iris");
  CHECK(bench.api.patches == 0);
}

TEST_CASE("when the outcome cannot be recorded the answer is 503 and the intent is settled by reading") {
  Bench bench;
  bench.start();
  bench.list();
  bench.log.refuse([](const audit::Record& record) { return record.kind == audit::Kind::outcome; });
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.api.percent() == 0);
  bench.log.refuse(nullptr);
  CHECK(bench.tells("intent rolled_back, outcome rolled_back applied"));
}

TEST_CASE("a patch whose answer was lost is settled by reading and answered 200 when it was applied") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.patch_error = Error::outcome_unknown("connection cut");
  bench.api.applies_before_error = true;
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
}

TEST_CASE("a patch whose outcome stays unknown is answered 503 and a later one disproves it") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.patch_error = Error::outcome_unknown("connection cut");
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.log.story() == "intent rolled_back, decision outcome_unknown");
  bench.api.patch_error.reset();
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  CHECK(bench.log.story() ==
        "intent rolled_back, decision outcome_unknown, intent rolled_back, outcome outcome_unknown not_applied, "
        "outcome rolled_back applied");
}

TEST_CASE("refusals of the API server are 503 with their reason and recovery needs no restart") {
  struct Case {
    ErrorKind kind;
    const char* text;
  };
  for (const auto& item :
       {Case{ErrorKind::forbidden, "forbidden ml/iris"}, Case{ErrorKind::unauthenticated, "forbidden ml/iris"},
        Case{ErrorKind::throttled, "cluster_unavailable ml/iris"},
        Case{ErrorKind::unavailable, "cluster_unavailable ml/iris"},
        Case{ErrorKind::rejected, "patch_rejected ml/iris"}}) {
    Bench bench;
    bench.start();
    bench.list();
    bench.api.patch_error = Error{item.kind, "no"};
    const auto answer = bench.deliver({firing("CanaryHighErrorRate")});
    CHECK(answer.status == 503);
    CHECK(answer.text == item.text);
    CHECK(bench.api.percent() == 5);
    bench.api.patch_error.reset();
    CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
    CHECK(bench.api.percent() == 0);
  }
}

TEST_CASE("a cluster that cannot be read is 503 when the copies are doubtful") {
  Bench bench;
  bench.fresh = false;
  bench.start();
  bench.api.answer_reads_with(Error::unavailable("no route"));
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.log.story() == "decision cluster_unavailable");
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
  CHECK(bench.log.story() == "decision no_target, decision truncated, intent rolled_back, outcome rolled_back applied");
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
  CHECK(text.find("signal=\"error_ratio\"} 0.05") != std::string::npos);
  CHECK(text.find("canaryd_watch_synced 1") != std::string::npos);
  bench.deliver({firing("CanaryHighErrorRate")});
  bench.api.reconcile();
  bench.watch_event();
  CHECK(bench.metrics.text().find("role=\"canary\"") == std::string::npos);
}

TEST_CASE("an intent that a former process left open is settled by reading and claimed only when it is ours") {
  Bench bench;
  audit::Record open;
  open.kind = audit::Kind::intent;
  open.id = "before-the-crash";
  open.target = audit::TargetRef{"ml", "iris", "uid-1"};
  open.generation = 5;
  open.changes = {{"predictor", "iris-predictor-00002", "iris-predictor-00001", 5, 0}};
  bench.log.recovered_.open_intents = {open};

  SUBCASE("applied by us") {
    bench.api.object = FakeApi::canary(0, 2, 2, 1);
    bench.api.object["metadata"]["generation"] = 6;
    bench.api.object["metadata"]["managedFields"] =
        Json::array({{{"manager", "canaryd/pod-0"},
                      {"operation", "Update"},
                      {"time", "2026-08-01T12:00:00Z"},
                      {"fieldsV1", {{"f:spec", {{"f:predictor", {{"f:canaryTrafficPercent", Json::object()}}}}}}}}});
    bench.start();
    CHECK(bench.tells("outcome rolled_back applied"));
  }
  SUBCASE("another moved the generation") {
    bench.api.object["metadata"]["generation"] = 6;
    bench.start();
    CHECK(bench.tells("outcome outcome_unknown not_applied"));
  }
  SUBCASE("unchanged 30 seconds later") {
    bench.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    CHECK(bench.log.story().empty());
    bench.clock.set(bench.clock.now() + std::chrono::seconds(31));
    CHECK(bench.tells("outcome outcome_unknown not_applied"));
  }
  SUBCASE("two open intents with the same tests") {
    auto twin = open;
    twin.id = "its-twin";
    bench.log.recovered_.open_intents.push_back(twin);
    bench.api.object = FakeApi::canary(0, 2, 2, 1);
    bench.api.object["metadata"]["generation"] = 6;
    bench.api.object["metadata"]["managedFields"] =
        Json::array({{{"manager", "canaryd/pod-0"},
                      {"operation", "Update"},
                      {"time", "2026-08-01T12:00:00Z"},
                      {"fieldsV1", {{"f:spec", {{"f:predictor", {{"f:canaryTrafficPercent", Json::object()}}}}}}}}});
    bench.start();
    CHECK(bench.tells("outcome outcome_unknown unknown, outcome outcome_unknown unknown"));
  }
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
