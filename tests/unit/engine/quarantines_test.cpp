#include "bench.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* key = "quarantine.ml.iris.iris-predictor-00002";

// canaryd-state cannot be written; the rollback itself is done, and status follows it.
struct Outage : Bench {
  Outage() {
    start();
    list();
    api.answer_config_maps_with(Error::unavailable("no route"));
    REQUIRE(deliver({firing("CanaryHighErrorRate")}).text == "rolled_back ml/iris");
    api.reconcile();
    watch_event();
  }
  std::string id_of_rollback() const {
    for (const auto& record : log.records()) {
      if (record.action == "rollback") return record.id;
    }
    return "";
  }
  // Of what was recorded so far, as the next start finds it.
  audit::Recovered left_open() const {
    audit::Recovered found;
    for (const auto& record : log.records()) {
      if (record.kind == audit::Kind::intent) found.open_intents.push_back(record);
      if (record.kind != audit::Kind::outcome) continue;
      std::erase_if(found.open_intents, [&](const audit::Record& intent) { return intent.id == record.id; });
      if (record.api) found.unconfirmed.push_back(record);
    }
    for (const auto& record : log.records()) {
      if (record.kind != audit::Kind::confirmed && record.kind != audit::Kind::unconfirmed) continue;
      std::erase_if(found.unconfirmed, [&](const audit::Record& outcome) { return outcome.id == record.id; });
    }
    return found;
  }
  void restart() {
    engine.reset();
    log.recovered_ = left_open();
    start();
    list();
  }
  bool comes_to_hold() const {
    for (int i = 0; i < 1000 && api.state_entry(key).empty(); ++i) std::this_thread::sleep_for(10ms);
    return !api.state_entry(key).empty();
  }
};

}  // namespace

TEST_CASE("a quarantine that is written at once has no record of its own") {
  Bench bench;
  bench.start();
  bench.list();
  REQUIRE(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  bench.api.reconcile();
  bench.watch_event();
  CHECK_MESSAGE(bench.tells("intent rolled_back, outcome rolled_back applied, confirmed rolled_back"),
                bench.log.story());
  CHECK(bench.api.state_entry(key).find("CanaryHighErrorRate") != std::string::npos);
}

TEST_CASE("while a rollback has no last record a restart writes its quarantine") {
  Outage bench;
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
  bench.api.answer_config_maps_with(std::nullopt);
  bench.restart();
  CHECK(bench.comes_to_hold());
  CHECK_MESSAGE(bench.comes_to_tell("confirmed rolled_back"), bench.log.story());
}

TEST_CASE("a quarantine that canaryd-state does not take is on record before its rollback ends") {
  Outage bench;
  bench.clock.pass(6s);
  REQUIRE_MESSAGE(bench.tells("intent rolled_back, outcome rolled_back applied, intent quarantined, "
                              "confirmed rolled_back"),
                  bench.log.story());
  SUBCASE("and a restart writes it and says so") {
    bench.api.answer_config_maps_with(std::nullopt);
    bench.clock.pass(1h);
    bench.restart();
    CHECK(bench.comes_to_hold());
    CHECK_MESSAGE(bench.comes_to_tell("confirmed rolled_back, outcome quarantined"), bench.log.story());
    const auto entry = Json::parse(bench.api.state_entry(key));
    CHECK(entry["record"] == bench.id_of_rollback());
    CHECK_MESSAGE(entry["since"].get<std::string>().starts_with("2026-08-01T12:00:0"), entry.dump());
    CHECK(entry["reason"] == "CanaryHighErrorRate");
  }
  SUBCASE("and it is written without one as soon as that can be done") {
    bench.api.answer_config_maps_with(std::nullopt);
    bench.clock.pass(6s);
    CHECK(bench.comes_to_hold());
    CHECK_MESSAGE(bench.comes_to_tell("confirmed rolled_back, outcome quarantined"), bench.log.story());
    CHECK(bench.left_open().open_intents.empty());
  }
  SUBCASE("and a restart in the midst of it leaves it on record") {
    bench.restart();
    bench.restart();
    CHECK(bench.left_open().open_intents.size() == 1);
    bench.api.answer_config_maps_with(std::nullopt);
    bench.clock.pass(6s);
    CHECK(bench.comes_to_hold());
  }
}

TEST_CASE("a rollback whose quarantine can be neither written nor recorded does not end") {
  Outage bench;
  bench.log.refuse([](const audit::Record& record) { return record.action == "quarantine"; });
  bench.clock.pass(6s);
  std::this_thread::sleep_for(1500ms);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
  CHECK_MESSAGE(bench.left_open().unconfirmed.size() == 1, "so a restart finds it");
}
