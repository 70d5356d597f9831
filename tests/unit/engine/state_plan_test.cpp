#include <doctest/doctest.h>

#include "engine/state_lab.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using Kind = traffic::StateEntry::Kind;
using std::chrono::minutes;

namespace {

// A map as the API server would give it with these entries.
traffic::StateMap map_of(const std::vector<traffic::StateEntry>& entries) {
  traffic::StateMap map{"1", true, entries, {}, {}};
  for (const auto& entry : entries) map.sizes[entry.key()] = traffic::size_of(entry);
  return map;
}

std::vector<traffic::StateEntry> many(const StateLab& lab, Kind kind, std::size_t count) {
  std::vector<traffic::StateEntry> out;
  const char* about = kind == Kind::quarantine ? "r" : kind == Kind::lowered ? "predictor" : "";
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(lab.entry(kind, "ml", "s" + std::to_string(i), about));
    out.back().since -= minutes(static_cast<int>(count - i));
  }
  return out;
}

}  // namespace

TEST_CASE("a full map drops its oldest quarantine and never a hold or a lowered percent") {
  const StateLab lab;
  auto entries = many(lab, Kind::quarantine, most_state_entries - 2);
  entries.push_back(lab.entry(Kind::hold, "ml"));
  entries.push_back(lab.entry(Kind::lowered, "ml", "iris", "predictor"));
  entries[0].since = lab.clock.now() - std::chrono::hours(1);
  entries[7].since = lab.clock.now() - std::chrono::hours(100);
  const auto plan = plan_state(map_of(entries), {lab.entry(Kind::hold, "ml", "new")}, {}, lab.clock.now());
  REQUIRE(plan);
  CHECK(plan->dropped == std::vector<std::string>{"quarantine.ml.s7.r"});
  CHECK(plan->remove == plan->dropped);
}

TEST_CASE("expired entries make room before any quarantine does") {
  const StateLab lab;
  auto entries = many(lab, Kind::quarantine, most_state_entries - 1);
  auto hold = lab.entry(Kind::hold, "ml");
  hold.until = lab.clock.now() - minutes(11);
  entries.push_back(hold);
  const auto plan = plan_state(map_of(entries), {lab.entry(Kind::stop)}, {}, lab.clock.now());
  REQUIRE(plan);
  CHECK(plan->dropped.empty());
  CHECK(plan->remove == std::vector<std::string>{"hold.ml"});
}

TEST_CASE("a map full of holds refuses one more and still lets go of one") {
  const StateLab lab;
  const auto map = map_of(many(lab, Kind::hold, most_state_entries));
  const auto plan = plan_state(map, {lab.entry(Kind::hold)}, {}, lab.clock.now());
  REQUIRE_FALSE(plan);
  CHECK(plan.error().kind == ErrorKind::invalid);
  CHECK(plan.error().message.find("1001 of 1000 entries") != std::string::npos);
  CHECK_MESSAGE(plan_state(map, {lab.entry(Kind::stop)}, {}, lab.clock.now()), "the kill switch fits");
  CHECK(plan_state(map, {lab.entry(Kind::stop)}, {"hold.ml.s3"}, lab.clock.now()));
  CHECK(plan_state(map_of(many(lab, Kind::hold, most_state_entries + 5)), {}, {"hold.ml.s3"}, lab.clock.now()));
  CHECK(plan_state(map, {lab.entry(Kind::hold, "ml")}, {"hold.ml.s3"}, lab.clock.now()).has_value() == false);
}

TEST_CASE("the bytes of damaged keys count and a map stays far below what a ConfigMap takes") {
  const StateLab lab;
  auto map = map_of({lab.quarantine("old")});
  map.damaged.push_back({"note", "a key", std::nullopt});
  map.sizes["note"] = most_state_bytes - 200;
  const auto plan = plan_state(map, {lab.entry(Kind::hold, "ml")}, {}, lab.clock.now());
  REQUIRE(plan);
  CHECK(plan->dropped.size() == 1);
  map.sizes["note"] = most_state_bytes;
  CHECK_FALSE(plan_state(map, {lab.entry(Kind::hold, "ml")}, {}, lab.clock.now()));
  CHECK(most_state_bytes * 2 <= 1u << 20);
}

TEST_CASE("of more quarantines than fit the newest are written") {
  const StateLab lab;
  const auto holds = many(lab, Kind::hold, most_state_entries - 1);
  auto old_one = lab.quarantine("old");
  old_one.since -= minutes(1);
  const auto plan = plan_state(map_of(holds), {lab.quarantine("new"), old_one}, {}, lab.clock.now());
  REQUIRE(plan);
  REQUIRE(plan->put.size() == 1);
  CHECK(plan->put[0].about == "new");
  CHECK(plan->left_out == std::vector<std::string>{old_one.key()});
  CHECK(plan->remove.empty());
}

TEST_CASE("one namespace's holds neither drop another's quarantine nor take all the room") {
  const StateLab lab;
  const auto full = map_of(many(lab, Kind::quarantine, most_state_entries));
  CHECK_FALSE(plan_state(full, {lab.entry(Kind::hold, "other", "x")}, {}, lab.clock.now()));
  const auto held = map_of(many(lab, Kind::hold, most_holds_of_a_namespace));
  CHECK_FALSE(plan_state(held, {lab.entry(Kind::hold, "ml", "one-more")}, {}, lab.clock.now()));
  CHECK(plan_state(held, {lab.entry(Kind::hold, "ml", "s3")}, {}, lab.clock.now()));
  CHECK(plan_state(held, {lab.entry(Kind::hold, "other", "x")}, {}, lab.clock.now()));
}

TEST_CASE("an entry of another decision at the same time is not taken for the one that was written") {
  const StateLab lab;
  auto other = lab.entry(Kind::hold, "ml");
  other.record = "id-2";
  CHECK(says_already(map_of({other}), {other}, {"hold.pay"}));
  CHECK_FALSE(says_already(map_of({other}), {lab.entry(Kind::hold, "ml")}, {}));
  CHECK_FALSE(says_already(map_of({other}), {}, {"hold.ml"}));
}

TEST_CASE("a key longer than a ConfigMap takes is refused before it is sent") {
  const StateLab lab;
  const auto plan = plan_state(map_of({}), {lab.quarantine(std::string(250, 'r'))}, {}, lab.clock.now());
  REQUIRE_FALSE(plan);
  CHECK(plan.error().kind == ErrorKind::invalid);
}

TEST_CASE("quarantines without room keep waiting while removals are written") {
  StateLab lab;
  lab.api.edit([&](auto& data) {
    for (const auto& hold : many(lab, Kind::hold, most_state_entries + 1)) {
      data[hold.key()] = R"({"by":"bob","since":"2026-08-01T11:00:00Z"})";
    }
  });
  lab.state.refresh(lab.soon);
  lab.state.write_later(lab.entry(Kind::lowered, "ml", "iris", "predictor"));
  lab.state.remove_later("hold.ml.s0");
  lab.state.refresh(lab.soon);
  CHECK(lab.api.data().size() == most_state_entries);
  CHECK(lab.about_iris().lowered);
  CHECK_FALSE(lab.api.data().contains("lowered.ml.iris.predictor"));
  lab.api.edit([](auto& data) { data.erase("hold.ml.s1"); });
  lab.state.refresh(lab.soon);
  CHECK(lab.api.data().contains("lowered.ml.iris.predictor"));
}
