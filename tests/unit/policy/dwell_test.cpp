#include <doctest/doctest.h>

#include "policy/advances.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

namespace {

// A canary at 10 whose four times are all 11:00.
struct Times {
  Case situation;

  Times() {
    situation.rollout.components[0].percent_since = at("11:00:00");
    situation.facts.share_since = at("11:00:00");
    situation.facts.revision_created = at("11:00:00");
    situation.facts.revision_ready_since = at("11:00:00");
  }
  // The four, one after the other.
  std::vector<std::optional<WallTime>*> all() {
    return {&situation.rollout.components[0].percent_since, &situation.facts.share_since,
            &situation.facts.revision_created, &situation.facts.revision_ready_since};
  }
  std::optional<WallTime> began() const { return dwell_began(situation.rollout.components[0], situation.facts); }
  std::string decided() const { return words_of(situation.advance()); }
};

}  // namespace

TEST_CASE("the dwell begins at the newest of its four times") {
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    Times times;
    *times.all()[i] = at("11:20:00");
    CHECK(times.began() == at("11:20:00"));
  }
}

TEST_CASE("a dwell that is served to the moment passes and one that is not holds") {
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    Times times;
    *times.all()[i] = at("11:50:00");
    times.situation.request.starts_at = at("11:55:00");
    CHECK(times.decided() == "act advanced");
    *times.all()[i] = at("11:50:00") + std::chrono::microseconds(1);
    CHECK(times.decided() == "hold dwell");
    CHECK(failing(times.situation.advance()) == "dwell");
  }
}

TEST_CASE("a missing time holds") {
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    Times times;
    times.all()[i]->reset();
    CHECK_FALSE(times.began().has_value());
    CHECK(times.decided() == "hold dwell");
  }
}

TEST_CASE("a time in the future holds and one within what clocks differ by is not yet served") {
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    Times times;
    times.situation.request = asked_by_hand();
    *times.all()[i] = at("12:00:06");
    CHECK_FALSE(times.began().has_value());
    CHECK(times.decided() == "hold dwell");
    *times.all()[i] = at("12:00:05");
    CHECK(times.began() == at("12:00:05"));
    CHECK(times.decided() == "hold dwell");
  }
}

TEST_CASE("a canary that was not Ready for a moment begins its dwell again") {
  Times times;
  times.situation.facts.revision_ready_since = at("11:58:00");
  CHECK(times.decided() == "hold dwell");
}

TEST_CASE("at 100 the dwell is served too before the field goes") {
  Times times;
  times.situation.rollout = canary_at(100);
  times.situation.request.percent = 100;
  times.situation.rollout.components[0].percent_since = at("11:51:00");
  CHECK(times.decided() == "hold dwell");
  times.situation.rollout.components[0].percent_since = at("11:50:00");
  CHECK(times.decided() == "act promoted");
}
