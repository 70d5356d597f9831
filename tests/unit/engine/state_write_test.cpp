#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "engine/state_lab.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using Kind = traffic::StateEntry::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("two replicas that write at once never lose each other's entry") {
  StateLab lab;
  Replica other{lab.api, lab.clock};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      State& state = writer % 2 == 0 ? lab.state : other.state;
      for (int i = 0; i < 10; ++i) {
        const auto hold = lab.entry(Kind::hold, "ml", "s" + std::to_string(writer) + "-" + std::to_string(i));
        for (int tries = 0; tries < 1'000 && !state.write({hold}, {}, SteadyTime::max()); ++tries) {
        }
      }
    });
  }
  for (State* state : {&lab.state, &other.state}) {
    writers.emplace_back([&, state] {
      for (int i = 0; i < 20; ++i) {
        state->write_later(lab.quarantine("r-" + std::to_string(i)));
        state->refresh(SteadyTime::max());
        CHECK(state->about(lab.iris, Revision("r-0"), "predictor").known);
        state->remove_later("quarantine.ml.iris.r-" + std::to_string(i));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  lab.state.refresh(lab.soon);
  other.state.refresh(lab.soon);
  CHECK(lab.api.data().size() == 40);
  lab.state.refresh(lab.soon);
  CHECK(lab.state.entries().size() == 40);
}

TEST_CASE("a write that was overtaken is made again on what stands there then") {
  StateLab lab;
  int overtakes = 2;
  lab.api.before_patch = [&] {
    if (overtakes-- > 0) {
      lab.api.edit([&](auto& data) {
        data["hold.pay" + std::to_string(overtakes)] = R"({"by":"bob","since":"2026-08-01T11:00:00Z"})";
      });
    }
  };
  REQUIRE(lab.state.write({lab.entry(Kind::hold, "ml")}, {}, lab.soon));
  CHECK(lab.api.patches == 3);
  CHECK(lab.keys() == "hold.ml hold.pay0 hold.pay1");
}

TEST_CASE("a write that is overtaken each time ends as a conflict") {
  StateLab lab;
  int turn = 0;
  lab.api.before_patch = [&] { lab.api.edit([&](auto& data) { data["note" + std::to_string(++turn)] = "x"; }); };
  const auto written = lab.state.write({lab.entry(Kind::hold, "ml")}, {}, lab.soon);
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::conflict);
  CHECK(lab.api.patches == 3);
}

TEST_CASE("a patch that is refused though nothing changed is not tried again") {
  StateLab lab;
  lab.api.patch_error = Error{ErrorKind::rejected, "the map is immutable", 422};
  const auto written = lab.state.write({lab.entry(Kind::hold, "ml")}, {}, lab.soon);
  REQUIRE_FALSE(written);
  CHECK(written.error().message == "the map is immutable");
  CHECK(lab.api.patches == 1);
}

TEST_CASE("a write whose answer was lost is settled by reading") {
  StateLab lab;
  lab.api.patch_error = Error::outcome_unknown("connection lost");
  lab.api.applies_before_error = true;
  REQUIRE(lab.state.write({lab.entry(Kind::hold, "ml")}, {}, lab.soon));
  CHECK(lab.api.patches == 1);
  CHECK(lab.keys() == "hold.ml");

  lab.api.applies_before_error = false;
  const auto lost = lab.state.write({lab.entry(Kind::hold, "pay")}, {}, lab.soon);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::outcome_unknown);
  CHECK(lab.api.patches == 1 + 3);
}

TEST_CASE("an entry that another replaced since it was read is not removed") {
  StateLab lab;
  REQUIRE(lab.state.write({lab.entry(Kind::hold, "ml")}, {}, lab.soon));
  lab.api.edit([](auto& data) { data["hold.ml"] = R"({"by":"bob","since":"2026-08-01T13:00:00Z"})"; });
  const auto removed = lab.state.write({}, {"hold.ml"}, lab.soon);
  REQUIRE_FALSE(removed);
  CHECK(removed.error().kind == ErrorKind::conflict);
  CHECK(lab.keys() == "hold.ml");
  CHECK(lab.state.write({}, {"hold.ml"}, lab.soon));
  CHECK(lab.keys().empty());
}

TEST_CASE("a quarantine that waits counts at once and survives failures") {
  StateLab lab;
  lab.state.refresh(lab.soon);
  const int calls = lab.api.gets + lab.api.patches;
  lab.state.write_later(lab.quarantine());
  CHECK(lab.api.gets + lab.api.patches == calls);
  CHECK(lab.about_iris().quarantined);
  CHECK(lab.quarantines().size() == 1);
  const auto log = log_of([&] {
    lab.api.patch_error = ConfigMapApi::error(ErrorKind::forbidden, 403);
    for (int i = 0; i < 3; ++i) lab.state.refresh(lab.soon);
    CHECK(lab.about_iris().quarantined);
    CHECK(lab.keys().empty());
    lab.api.patch_error.reset();
    lab.state.refresh(lab.soon);
  });
  CHECK(lab.keys() == "quarantine.ml.iris.iris-predictor-00002");
  CHECK(lab.about_iris().quarantined);
  CHECK(lab.state.entries().size() == 1);
  CHECK(count_of(log, "event=state_not_written") == 1);
  CHECK(count_of(log, "event=state_written_again") == 1);
}

TEST_CASE("a quarantine that waits counts though the state was never read") {
  StateLab lab;
  lab.state.write_later(lab.quarantine());
  CHECK(lab.about_iris().quarantined);
  CHECK_FALSE(lab.about_iris().known);
}

TEST_CASE("of two rollbacks of one revision the newer one is remembered") {
  StateLab lab;
  Replica other{lab.api, lab.clock};
  const auto first = lab.quarantine();
  lab.clock.pass(minutes(1));
  auto second = lab.quarantine();
  second.record = "id-2";
  other.state.write_later(second);
  other.state.refresh(lab.soon);
  lab.state.write_later(first);
  const int patches = lab.api.patches;
  lab.state.refresh(lab.soon);
  CHECK(lab.api.patches == patches);
  REQUIRE(lab.quarantines().size() == 1);
  CHECK(lab.quarantines()[0].record == "id-2");

  lab.clock.pass(minutes(1));
  auto third = lab.quarantine();
  third.record = "id-3";
  lab.state.write_later(third);
  lab.state.refresh(lab.soon);
  CHECK(lab.quarantines()[0].record == "id-3");
}

TEST_CASE("a removal that waits counts at once and leaves what came under its key since") {
  StateLab lab;
  REQUIRE(lab.state.write({lab.entry(Kind::lowered, "ml", "iris", "predictor")}, {}, lab.soon));
  lab.state.remove_later("lowered.ml.iris.predictor");
  CHECK_FALSE(lab.about_iris().lowered);
  CHECK(lab.keys() == "lowered.ml.iris.predictor");

  SUBCASE("it is removed") {
    lab.state.refresh(lab.soon);
    CHECK(lab.keys().empty());
    CHECK_FALSE(lab.about_iris().lowered);
  }
  SUBCASE("another replica wrote a new one meanwhile") {
    lab.api.edit(
        [](auto& data) { data["lowered.ml.iris.predictor"] = R"({"by":"argocd","since":"2026-08-01T11:59:59Z"})"; });
    lab.state.refresh(lab.soon);
    CHECK(lab.keys() == "lowered.ml.iris.predictor");
    CHECK(lab.about_iris().lowered);
  }
}

TEST_CASE("a release settles the quarantine that waits and a rollback after it makes a new one") {
  StateLab lab;
  lab.state.refresh(lab.soon);
  lab.state.write_later(lab.quarantine());
  const auto key = lab.quarantine().key();
  SUBCASE("released") {
    REQUIRE(lab.state.write({}, {key}, lab.soon));
    CHECK_FALSE(lab.about_iris().quarantined);
    lab.state.refresh(lab.soon);
    CHECK(lab.keys().empty());
  }
  SUBCASE("rolled back again while the release is written") {
    REQUIRE(lab.state.write({lab.entry(Kind::hold, "ml")}, {}, lab.soon));
    lab.api.before_patch = [&] { lab.state.write_later(lab.quarantine()); };
    lab.state.refresh(lab.soon);
    lab.api.before_patch = nullptr;
    REQUIRE(lab.state.write({}, {"hold.ml"}, lab.soon));
    CHECK(lab.about_iris().quarantined);
    lab.api.before_patch = [&] { lab.state.write_later(lab.quarantine()); };
    REQUIRE(lab.state.write({}, {key}, lab.soon));
    CHECK(lab.about_iris().quarantined);
  }
}

TEST_CASE("what waits is bounded and the oldest quarantine gives way") {
  StateLab lab;
  const auto log = log_of([&] {
    for (int i = 0; i < 1'001; ++i) {
      lab.clock.pass(std::chrono::milliseconds(1));
      lab.state.write_later(lab.quarantine("r-" + std::to_string(i)));
    }
  });
  CHECK(lab.quarantines().size() == 1'000);
  CHECK_FALSE(lab.about_iris("r-0").quarantined);
  CHECK(lab.about_iris("r-1").quarantined);
  CHECK(lab.about_iris("r-1000").quarantined);
  CHECK(count_of(log, "event=state_change_lost") == 1);
}
