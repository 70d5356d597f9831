#include "promotions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

TEST_CASE("a rollback by hand goes the way of every other and the record says who and why") {
  PromotionBench bench;
  bench.begin();
  const auto answer = bench.command(Verb::rollback);
  CHECK(answer.status == 200);
  CHECK(answer.reason == "rolled_back");
  CHECK(bench.api.percent() == 0);
  const auto record = bench.last("rollback");
  CHECK(record.actor == "token:alice");
  CHECK(record.because == "a try");
  CHECK(record.id == answer.id);
}

TEST_CASE("a hold stops the next step and a rollback goes on under it") {
  PromotionBench bench;
  bench.begin();
  REQUIRE(bench.command(Verb::hold).status == 200);
  CHECK(bench.deliver({healthy(5)}).text == "held ml/iris");
  CHECK(bench.metrics.text().find("canaryd_hold_since_timestamp_seconds{scope=\"ml/iris\"}") != std::string::npos);
  CHECK(bench.deliver({firing("CanaryFailing")}).text == "rolled_back ml/iris");
}

TEST_CASE("a guard is passed over only by its name and the override is on record and counted") {
  PromotionBench bench;
  bench.start();
  bench.list();
  CHECK(bench.command(Verb::advance).reason == "warming_up");
  CHECK(bench.command(Verb::advance, {policy::Reason::warming_up}).reason == "dwell");
  const auto answer = bench.command(Verb::advance, {policy::Reason::warming_up, policy::Reason::dwell});
  CHECK_MESSAGE(answer.reason == "advanced", answer.message);
  bool recorded = false;
  for (const auto& guard : bench.last("advance").guards)
    recorded = recorded || (guard.guard == "warming_up" && guard.overridden);
  CHECK(recorded);
  CHECK(bench.metrics.text().find("canaryd_overrides_total{guard=\"warming_up\"} 1") != std::string::npos);
}

TEST_CASE("a stop by hand stops rollbacks too and the rollback is done when it is lifted") {
  PromotionBench bench;
  bench.begin();
  REQUIRE(bench.command(Verb::stop).status == 200);
  CHECK(bench.deliver({firing("CanaryFailing")}).text == "stopped ml/iris");
  CHECK(bench.api.percent() == 5);
  REQUIRE(bench.command(Verb::start).status == 200);
  for (int i = 0; i < 1000 && bench.api.percent() != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(bench.api.percent() == 0);
}

TEST_CASE("a command whose state cannot be written is not done and says so") {
  PromotionBench bench;
  bench.begin();
  bench.api.config_map_error = Error::unavailable("down");
  const auto answer = bench.command(Verb::hold);
  CHECK(answer.status == 503);
  CHECK(answer.message.find("down") != std::string::npos);
}

TEST_CASE("a breaker that stops rollbacks stops a person too until it is named and the refusal says so") {
  PromotionBench bench;
  bench.rules.breaker = {0, std::chrono::minutes(10), true};
  bench.begin();
  REQUIRE(bench.command(Verb::rollback).reason == "rolled_back");
  auto again = FakeApi::canary(20, 2, 2, 1);
  again["metadata"]["generation"] = 8;
  again["metadata"]["resourceVersion"] = "200";
  bench.api.become(again);
  const auto refused = bench.command(Verb::rollback);
  CHECK(refused.status == 409);
  CHECK(refused.reason == "breaker_open");
  CHECK_MESSAGE(refused.message.ends_with("To roll back all the same: --override breaker_open."), refused.message);
  CHECK_MESSAGE(bench.deliver({firing("CanaryFailing")}).text == "breaker_open ml/iris", "an alert overrides nothing");
  CHECK(bench.api.percent() == 20);
  const auto answer = bench.command(Verb::rollback, {policy::Reason::breaker_open});
  CHECK_MESSAGE(answer.reason == "rolled_back", answer.message);
  CHECK(bench.api.percent() == 0);
  bool recorded = false;
  // By the answer: the alert's open rollback is decided again at any time.
  for (const auto& guard : bench.last(answer).guards) {
    recorded = recorded || (guard.guard == "breaker_open" && guard.overridden && !guard.passed);
  }
  CHECK(recorded);
  CHECK(bench.metrics.text().find("canaryd_overrides_total{guard=\"breaker_open\"} 1") != std::string::npos);
}

TEST_CASE("of the guards a rollback may name the breaker alone") {
  CHECK(override_names(Verb::rollback) == std::vector<std::string>{"breaker_open"});
  CHECK(read_overrides({"breaker_open"}, Verb::rollback));
  CHECK_FALSE(read_overrides({"held"}, Verb::rollback));
  CHECK(read_overrides({"held"}, Verb::advance));
}

TEST_CASE("a reason of characters that show nothing says nothing") {
  for (const std::string blank : {"", " ", "\t", "\u00a0", "\u200b", "\ufeff \u2060", "\u3164", "\u2800\u3000",
                                  "\u00ad", "\U000e0020", "\u202e\u202c", "\ufe0f"}) {
    CAPTURE(blank.size());
    CHECK_FALSE(says_why(blank));
  }
  for (const std::string text : {"x", " x ", "\u200b!", "caf\u00e9", "\u6a21\u578b", "\U0001f525", "\u00a1"}) {
    CAPTURE(text);
    CHECK(says_why(text));
  }
}

TEST_CASE("a command for a namespace that the client may not act on is refused and recorded") {
  PromotionBench bench;
  bench.begin();
  Command command;
  command.verb = Verb::rollback;
  command.target = Target{Namespace("ml"), ServiceName("iris")};
  command.why = "a try";
  command.namespaces = {Namespace("other")};
  command.deadline = bench.clock.steady() + std::chrono::seconds(8);
  CHECK(bench.engine->execute(command).reason == "not_in_scope");
  CHECK(bench.api.percent() == 5);
  CHECK(bench.last("rollback").reason == "not_in_scope");
}

TEST_CASE("the table of rollouts says where each canary stands and what holds it") {
  PromotionBench bench;
  bench.begin();
  auto rows = bench.engine->rollouts({});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].percent == 5);
  CHECK(rows[0].next == 10);
  CHECK(rows[0].dwell_left == std::chrono::milliseconds(0));
  CHECK(rows[0].held_by.empty());
  bench.command(Verb::hold);
  rows = bench.engine->rollouts({});
  CHECK(rows[0].held_by == std::vector<std::string>{"held"});
  CHECK(bench.engine->rollouts({Namespace("other")}).empty());
}

TEST_CASE("promote by hand is refused below the last stage") {
  PromotionBench bench;
  bench.begin();
  CHECK(bench.command(Verb::promote).reason == "not_last_stage");
  CHECK(bench.api.percent() == 5);
}
