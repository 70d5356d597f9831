#include <doctest/doctest.h>

#include "engine/state_lab.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using Kind = traffic::StateEntry::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {
const std::string value_by_bob = R"({"by":"bob","reason":"by hand","since":"2026-08-01T11:00:00Z"})";
}

TEST_CASE("the map is made where it is absent and then nothing is held") {
  StateLab lab;
  CHECK_FALSE(lab.about_iris().known);
  lab.state.refresh(lab.soon);
  CHECK(lab.api.creates == 1);
  CHECK(lab.about_iris().known);
  CHECK(lab.about_iris().holds.empty());
  lab.state.refresh(lab.soon);
  CHECK(lab.api.creates == 1);
}

TEST_CASE("where the map may not be made nothing is known") {
  StateLab lab;
  lab.api.create_error = ConfigMapApi::error(ErrorKind::forbidden, 403);
  lab.state.refresh(lab.soon);
  CHECK_FALSE(lab.about_iris().known);
  CHECK(lab.state.write({lab.entry(Kind::stop)}, {}, lab.soon).error().kind == ErrorKind::forbidden);
}

TEST_CASE("a hold of all of a namespace and of a service is seen where it covers") {
  StateLab lab;
  REQUIRE(lab.state.write({lab.entry(Kind::hold), lab.entry(Kind::hold, "ml"), lab.entry(Kind::hold, "ml", "iris"),
                           lab.entry(Kind::hold, "ml", "wine")},
                          {}, lab.soon));
  const auto facts = lab.about_iris();
  REQUIRE(facts.holds.size() == 3);
  CHECK(facts.holds[0].scope == "*");
  CHECK(facts.holds[1].scope == "ml");
  CHECK(facts.holds[2].scope == "ml/iris");
  CHECK(facts.holds[2].who == "token:alice");
  CHECK(facts.holds[2].why == "the database moves");
  CHECK_FALSE(facts.stopped);
  CHECK(lab.state.about({Namespace("pay"), ServiceName("card")}, Revision("r"), "predictor").holds.size() == 1);
}

TEST_CASE("a quarantine is about one revision and a lowered percent about one component") {
  StateLab lab;
  REQUIRE(lab.state.write({lab.quarantine(), lab.entry(Kind::lowered, "ml", "iris", "transformer")}, {}, lab.soon));
  CHECK(lab.about_iris("iris-predictor-00002").quarantined);
  CHECK_FALSE(lab.about_iris("iris-predictor-00003").quarantined);
  CHECK_FALSE(lab.about_iris().lowered);
  CHECK(lab.state.about(lab.iris, Revision("r"), "transformer").lowered);
  CHECK(lab.quarantines().size() == 1);
  CHECK(lab.state.entries().size() == 2);
}

TEST_CASE("a stop is seen without asking and goes with its removal") {
  StateLab lab;
  REQUIRE(lab.state.write({lab.entry(Kind::stop)}, {}, lab.soon));
  const int gets = lab.api.gets;
  CHECK(lab.state.stopped());
  CHECK(lab.about_iris().stopped);
  CHECK(lab.api.gets == gets);
  REQUIRE(lab.state.write({}, {"stop"}, lab.soon));
  CHECK_FALSE(lab.state.stopped());
  CHECK(lab.keys().empty());
}

TEST_CASE("an entry counts until its time and not from then on") {
  StateLab lab;
  auto hold = lab.entry(Kind::hold, "ml");
  hold.until = lab.clock.now() + minutes(5);
  REQUIRE(lab.state.write({hold}, {}, lab.soon));
  lab.clock.pass(minutes(5) - std::chrono::milliseconds(1));
  CHECK(lab.about_iris().holds.size() == 1);
  lab.clock.pass(std::chrono::milliseconds(1));
  CHECK(lab.about_iris().holds.empty());
  CHECK(lab.state.entries().empty());
}

TEST_CASE("what expired is cleared by the next write and not before another clock agrees") {
  StateLab lab;
  auto hold = lab.entry(Kind::hold, "ml");
  hold.until = lab.clock.now() + minutes(5);
  REQUIRE(lab.state.write({hold}, {}, lab.soon));
  lab.clock.pass(minutes(6));
  REQUIRE(lab.state.write({lab.entry(Kind::hold, "pay")}, {}, lab.soon));
  CHECK(lab.keys() == "hold.ml hold.pay");
  lab.clock.pass(minutes(10));
  REQUIRE(lab.state.write({lab.entry(Kind::hold, "web")}, {}, lab.soon));
  CHECK(lab.keys() == "hold.pay hold.web");
}

TEST_CASE("after thirty seconds without a reading nothing is known and the last stop still counts") {
  StateLab lab;
  REQUIRE(lab.state.write({lab.entry(Kind::stop)}, {}, lab.soon));
  lab.clock.pass(seconds(30));
  CHECK(lab.about_iris().known);
  lab.clock.pass(seconds(1));
  CHECK_FALSE(lab.about_iris().known);
  CHECK(lab.state.stopped());
  lab.state.refresh(lab.soon);
  CHECK(lab.about_iris().known);
}

TEST_CASE("a reading that failed makes the state unknown until one succeeds") {
  StateLab lab;
  lab.state.refresh(lab.soon);
  REQUIRE(lab.about_iris().known);
  lab.clock.pass(seconds(1));
  lab.api.read_error = Error::unavailable("no route");
  lab.state.refresh(lab.soon);
  CHECK_FALSE(lab.about_iris().known);
  lab.clock.pass(seconds(1));
  lab.api.read_error.reset();
  lab.state.refresh(lab.soon);
  CHECK(lab.about_iris().known);
}

TEST_CASE("a 403 is logged once until it ends") {
  StateLab lab;
  lab.api.read_error = ConfigMapApi::error(ErrorKind::forbidden, 403);
  const auto log = log_of([&] {
    for (int i = 0; i < 5; ++i) {
      lab.clock.pass(seconds(1));
      lab.state.refresh(lab.soon);
    }
    lab.api.read_error.reset();
    lab.clock.pass(seconds(1));
    lab.state.refresh(lab.soon);
    lab.state.refresh(lab.soon);
  });
  CHECK(count_of(log, "event=state_unreadable") == 1);
  CHECK(log.find("kind=forbidden") != std::string::npos);
  CHECK(count_of(log, "event=state_readable_again") == 1);
}

TEST_CASE("a damaged value holds what its key names and nothing else") {
  StateLab lab;
  const Target wine{Namespace("ml"), ServiceName("wine")};
  const auto knows = [&](const char* key, const Target& target, const char* revision, const char* component) {
    CAPTURE(key);
    lab.api.edit([&](auto& data) { data = {{key, "hand made"}}; });
    lab.clock.pass(seconds(1));
    lab.state.refresh(lab.soon);
    REQUIRE(lab.state.damaged().size() == 1);
    CHECK(state_text(lab.state.damaged()[0]).starts_with(std::string(key) + ": expected one line of JSON"));
    return lab.state.about(target, Revision(revision), component).known;
  };
  CHECK_FALSE(knows("hold", wine, "r", "predictor"));
  CHECK_FALSE(knows("stop", wine, "r", "predictor"));
  CHECK_FALSE(lab.state.stopped());
  CHECK_FALSE(knows("hold.ml", wine, "r", "predictor"));
  CHECK(knows("hold.pay", wine, "r", "predictor"));
  CHECK_FALSE(knows("hold.ml.iris", lab.iris, "r", "predictor"));
  CHECK(knows("hold.ml.iris", wine, "r", "predictor"));
  CHECK_FALSE(knows("quarantine.ml.iris.r", lab.iris, "r", "predictor"));
  CHECK(knows("quarantine.ml.iris.r", lab.iris, "s", "predictor"));
  CHECK_FALSE(knows("lowered.ml.iris.predictor", lab.iris, "r", "predictor"));
  CHECK(knows("lowered.ml.iris.predictor", lab.iris, "r", "transformer"));
}

TEST_CASE("a key of no known form may mean anything and holds everywhere") {
  StateLab lab;
  lab.api.edit([&](auto& data) { data = {{"hold.pay.card.x", value_by_bob}}; });
  lab.state.refresh(lab.soon);
  CHECK_FALSE(lab.about_iris().known);
}

TEST_CASE("a damaged key is said once and stays as it is") {
  StateLab lab;
  lab.api.edit([&](auto& data) { data = {{"hold.ml", "until tuesday"}, {"hold.pay", value_by_bob}}; });
  const auto log = log_of([&] {
    for (int i = 0; i < 3; ++i) {
      lab.clock.pass(seconds(1));
      lab.state.refresh(lab.soon);
    }
  });
  CHECK(count_of(log, "event=state_damaged") == 1);
  CHECK(lab.state.entries().size() == 1);
  REQUIRE(lab.state.write({lab.entry(Kind::hold, "web")}, {"hold.pay"}, lab.soon));
  CHECK(lab.keys() == "hold.ml hold.web");
  const auto removed = lab.state.write({}, {"hold.ml"}, lab.soon);
  REQUIRE_FALSE(removed);
  CHECK(removed.error().kind == ErrorKind::invalid);
  CHECK(removed.error().message.find("kubectl") != std::string::npos);
  CHECK(lab.api.data()["hold.ml"] == "until tuesday");
}

TEST_CASE("what a person writes with kubectl counts as what canaryd writes") {
  StateLab lab;
  lab.api.edit([&](auto& data) { data = {{"hold.ml.iris", value_by_bob}}; });
  lab.state.refresh(lab.soon);
  REQUIRE(lab.about_iris().holds.size() == 1);
  CHECK(lab.about_iris().holds[0].who == "bob");
  lab.api.edit([&](auto& data) { data.erase("hold.ml.iris"); });
  lab.clock.pass(seconds(1));
  lab.state.refresh(lab.soon);
  CHECK(lab.about_iris().holds.empty());
}

TEST_CASE("series tell whether it is readable and how much is in it") {
  StateLab lab;
  const auto has = [&](const std::string& line) {
    return lab.replica.metrics.text().find(line + "\n") != std::string::npos;
  };
  CHECK(has("canaryd_state_readable 0"));
  lab.state.write_later(lab.quarantine());
  CHECK(has("canaryd_state_writes_waiting 1"));
  lab.state.refresh(lab.soon);
  CHECK(has("canaryd_state_readable 1"));
  CHECK(has("canaryd_state_entries 1"));
  CHECK(has("canaryd_state_writes_waiting 0"));
}
