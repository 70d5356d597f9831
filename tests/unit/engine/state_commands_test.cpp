#include "promotions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using namespace std::chrono_literals;

namespace {

struct People : PromotionBench {
  // The intent without its outcome is what the next start finds.
  void restart() {
    std::vector<audit::Record> intents;
    for (const auto& record : log.records()) {
      if (record.kind == audit::Kind::intent && record.actor == "token:alice") intents.push_back(record);
    }
    engine.reset();
    log.recovered_ = {intents, {}};
    log.refuse([](const audit::Record&) { return false; });
    start();
    list();
  }
  void die_before_the_outcome() {
    log.refuse([](const audit::Record& record) { return record.kind == audit::Kind::outcome; });
  }
};

}  // namespace

TEST_CASE("what a person has written into canaryd-state is on record before and after") {
  People bench;
  bench.begin();
  for (const auto verb : {Verb::hold, Verb::release, Verb::stop, Verb::start}) {
    REQUIRE(bench.command(verb).status == 200);
  }
  CHECK_MESSAGE(bench.tells("intent hold_set, outcome hold_set, intent released, outcome released, "
                            "intent stop_set, outcome stop_set, intent stop_lifted, outcome stop_lifted"),
                bench.log.story());
}

TEST_CASE("a command that could not be written is an intent with an outcome that says so") {
  People bench;
  bench.begin();
  bench.api.answer_config_maps_with(Error::unavailable("down"));
  CHECK(bench.command(Verb::stop).status == 503);
  CHECK_MESSAGE(bench.tells("intent stop_set, outcome state_unknown"), bench.log.story());
}

TEST_CASE("a command whose outcome could not be recorded is settled as soon as it can") {
  People bench;
  bench.begin();
  bench.die_before_the_outcome();
  const auto answer = bench.command(Verb::hold);
  CHECK(answer.status == 503);
  CHECK(answer.reason == "audit_unavailable");
  bench.log.refuse([](const audit::Record&) { return false; });
  CHECK_MESSAGE(bench.comes_to_tell("intent hold_set, outcome hold_set"), bench.log.story());
}

TEST_CASE("a restart looks whether a command was done") {
  People bench;
  bench.begin();
  SUBCASE("a hold that is there") {
    bench.die_before_the_outcome();
    bench.command(Verb::hold);
    bench.restart();
    CHECK_MESSAGE(bench.comes_to_tell("intent hold_set, outcome hold_set"), bench.log.story());
  }
  SUBCASE("a hold that is not there") {
    bench.die_before_the_outcome();
    bench.api.answer_config_maps_with(Error::unavailable("down"));
    bench.command(Verb::hold);
    bench.api.answer_config_maps_with(std::nullopt);
    bench.restart();
    CHECK_MESSAGE(bench.comes_to_tell("intent hold_set, outcome state_unknown"), bench.log.story());
  }
  SUBCASE("a stop that was lifted") {
    REQUIRE(bench.command(Verb::stop).status == 200);
    bench.die_before_the_outcome();
    bench.command(Verb::start);
    bench.restart();
    CHECK_MESSAGE(bench.comes_to_tell("outcome stop_lifted"), bench.log.story());
  }
  SUBCASE("a stop that was not lifted") {
    REQUIRE(bench.command(Verb::stop).status == 200);
    bench.die_before_the_outcome();
    bench.api.answer_config_maps_with(Error::unavailable("down"));
    bench.command(Verb::start);
    bench.api.answer_config_maps_with(std::nullopt);
    bench.restart();
    CHECK_MESSAGE(bench.comes_to_tell("outcome state_unknown"), bench.log.story());
  }
}
