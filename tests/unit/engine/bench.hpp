#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "canaryd/base/time_text.hpp"
#include "canaryd/engine/engine.hpp"
#include "fakes.hpp"

namespace canaryd::engine::testing {

inline Rules shipped_rules() {
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

inline alert::Alert firing(const std::string& name, const std::string& revision = "iris-predictor-00002") {
  alert::Alert alert;
  alert.labels = {{"alertname", name}, {"namespace", "ml"}, {"inferenceservice", "iris"}};
  if (!revision.empty()) alert.labels["revision"] = revision;
  alert.starts_at = *parse_rfc3339("2026-08-01T11:59:00Z");
  alert.fingerprint = "00000000000000" + std::to_string(10 + name.size());
  return alert;
}

inline alert::Notification notification(std::vector<alert::Alert> alerts) {
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
  prometheus::Client* prometheus = nullptr;
  std::unique_ptr<Engine> engine;
  std::atomic<bool> fresh{true};
  Rules rules = shipped_rules();

  void start() {
    engine = std::make_unique<Engine>(Settings{"pod-0", {}, Namespace("canaryd"), "canaryd-state"}, rules, api,
                                      prometheus, log, clock, logger, metrics);
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
  // Likewise, to have told this among other things.
  bool comes_to_tell(const std::string& part) const {
    const auto told = [&] { return log.story().find(part) != std::string::npos; };
    for (int i = 0; i < 1000 && !told(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return told();
  }
};

}  // namespace canaryd::engine::testing
