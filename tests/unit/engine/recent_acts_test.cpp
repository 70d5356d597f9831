#include "engine/recent_acts.hpp"

#include <doctest/doctest.h>

using namespace canaryd;
using namespace canaryd::engine;

namespace {

const WallTime noon(std::chrono::microseconds(1'785'585'600'000'000));

RecentAct act(const std::string& service, std::optional<std::string> reason, WallTime at = noon) {
  RecentAct out;
  out.target = {Namespace("ml"), ServiceName(service)};
  out.revision = Revision(service + "-predictor-00002");
  out.reason = std::move(reason);
  out.at = at;
  return out;
}

}  // namespace

TEST_CASE("an act is told with the labels that it has and the time when it was") {
  RecentActs acts("canaryd_last_observation_timestamp_seconds", "Help.");
  auto told = act("iris", "undone");
  told.manager = "argocd";
  acts.add(told);
  auto other = act("wine", std::nullopt);
  other.record = "r1";
  acts.add(other);
  const auto family = acts.series(noon);
  CHECK(family.name == "canaryd_last_observation_timestamp_seconds");
  REQUIRE(family.samples.size() == 2);
  CHECK(family.samples[0].value == doctest::Approx(1785585600.0));
  CHECK(family.samples[0].labels == MetricLabels{{"namespace", "ml"},
                                                 {"inferenceservice", "iris"},
                                                 {"component", "predictor"},
                                                 {"revision", "iris-predictor-00002"},
                                                 {"reason", "undone"},
                                                 {"manager", "argocd"}});
  CHECK(family.samples[1].labels.back() == std::pair<std::string, std::string>{"record", "r1"});
}

TEST_CASE("of the same revision and reason the newest act is told for one hour") {
  RecentActs acts("canaryd_last_promotion_timestamp_seconds", "Help.");
  acts.add(act("iris", "dark"));
  acts.add(act("iris", "undone"));
  acts.add(act("iris", "dark", noon + std::chrono::minutes(1)));
  REQUIRE(acts.recent(noon).size() == 2);
  CHECK(acts.recent(noon)[1].reason == "dark");
  CHECK(acts.recent(noon + std::chrono::hours(1)).size() == 2);
  CHECK(acts.recent(noon + std::chrono::minutes(61)).size() == 1);
  CHECK(acts.series(noon + std::chrono::minutes(62)).samples.empty());
}

TEST_CASE("a flood of one reason does not push out another") {
  RecentActs acts("canaryd_last_observation_timestamp_seconds", "Help.");
  acts.add(act("first", "undone"));
  for (int i = 0; i < 250; ++i) acts.add(act("iris-" + std::to_string(i), "lowered_by_hand"));
  const auto kept = acts.recent(noon);
  REQUIRE(kept.size() == 101);
  CHECK(kept.front().reason == "undone");
  CHECK(kept[1].target.name.str() == "iris-150");
  CHECK(kept.back().target.name.str() == "iris-249");
}

TEST_CASE("who walks over the acts may mark them and sees only those that are not too old") {
  RecentActs acts("canaryd_last_rollback_timestamp_seconds", "Help.");
  acts.add(act("iris", std::nullopt));
  acts.walk(noon, [](RecentAct& seen) { seen.marked = true; });
  CHECK(acts.recent(noon)[0].marked);
  int seen = 0;
  acts.walk(noon + std::chrono::hours(2), [&](RecentAct&) { ++seen; });
  CHECK(seen == 0);
  CHECK_MESSAGE(acts.recent(noon).empty(), "what is too old is given up");
}
