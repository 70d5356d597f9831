#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "traffic/sample.hpp"

// KServe's transitions as they were observed on its own reconciler, and the traps that lie in them.

using namespace canaryd;
using namespace canaryd::traffic;
using sample::State;

namespace {

Revision revision(int digit) { return Revision(sample::revision(digit)); }

struct Row {
  const char* done;
  State state;
  bool in_flight;
  int canary_share;  // of latestReady
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"first model", {std::nullopt, 1, 1, 1, 0, {{1, 100}}}, false, 100},
      {"first model with 0", {0, 1, 1, 1, 0, {{1, 0}, {1, 100, "prev"}}}, false, 100},
      {"model 2 applied with 5", {5, 2, 2, 1, 0, {{2, 5}, {1, 95, "prev"}}}, true, 5},
      {"rollback", {0, 2, 2, 1, 0, {{2, 0}, {1, 100, "prev"}}}, true, 0},
      {"stage 100", {100, 2, 2, 2, 1, {{2, 100}}}, false, 100},
      {"field removed", {std::nullopt, 2, 2, 2, 1, {{2, 100}}}, false, 100},
      {"0 with nothing in flight", {0, 2, 2, 1, 1, {{2, 0}, {1, 100, "prev"}}}, true, 0},
      {"model 3 over promoted 2", {20, 3, 3, 2, 1, {{3, 20}, {2, 80, "prev"}}}, true, 20},
      {"model 4 over rolled back 3", {20, 4, 4, 2, 1, {{4, 20}, {2, 80, "prev"}}}, true, 20},
      {"model 4 not ready", {20, 4, 3, 2, 0, {{3, 20}, {2, 80, "prev"}}}, true, 20},
      {"an annotation written", {20, 5, 5, 2, 1, {{5, 20}, {2, 80, "prev"}}}, true, 20},
      {"150 which Knative refuses", {150, 2, 2, 1, 0, {{2, 5}, {1, 95, "prev"}}}, true, 5},
  };
  return rows;
}

}  // namespace

TEST_CASE("each row of the table of transitions is read as it stands") {
  for (const Row& row : table()) {
    CAPTURE(row.done);
    for (const std::string component : {"predictor", "transformer", "explainer"}) {
      const Rollout rollout = sample::rollout(sample::in_state(row.state, component));
      const ComponentRollout* found = rollout.find(*component_from(component));
      REQUIRE(found != nullptr);
      CHECK(found->latest_created == revision(row.state.created));
      CHECK(found->latest_ready == revision(row.state.ready));
      CHECK(found->latest_rolledout == revision(row.state.rolledout));
      CHECK(found->previous_rolledout == revision(row.state.previous));
      CHECK(found->raw_percent == row.state.percent);
      CHECK(found->canary_in_flight() == row.in_flight);
      CHECK(found->share_of(found->latest_ready) == row.canary_share);
      CHECK(found->traffic.size() == row.state.traffic.size());
    }
  }
}

TEST_CASE("trap 1 - a promoted service with the field absent has no canary in flight") {
  const ComponentRollout promoted = sample::predictor(sample::in_state({std::nullopt, 2, 2, 2, 1, {{2, 100}}}));
  CHECK_FALSE(promoted.canary_in_flight());
  const ComponentRollout last_stage = sample::predictor(sample::in_state({100, 2, 2, 2, 1, {{2, 100}}}));
  CHECK_FALSE(last_stage.canary_in_flight());
}

TEST_CASE("trap 1 - a field that is absent is no canary whatever the revisions say") {
  CHECK_FALSE(sample::predictor(sample::in_state({std::nullopt, 3, 3, 2, 1, {{3, 100}}})).canary_in_flight());
}

TEST_CASE("trap 2 - a first deployment has no stable revision and both its entries are one revision") {
  const ComponentRollout first = sample::predictor(sample::in_state({0, 1, 1, 0, 0, {{1, 0}, {1, 100, "prev"}}}));
  CHECK(first.latest_rolledout.empty());
  CHECK_FALSE(first.canary_in_flight());
  CHECK(first.share_of(revision(1)) == 100);
}

TEST_CASE("trap 3 - the patch writes nothing but the traffic") {
  const std::string object = sample::in_state({5, 2, 2, 1, 0, {{2, 5}, {1, 95, "prev"}}});
  const std::string patch = rollback_patch(sample::rollout(object), {Component::predictor});
  CHECK(patch.find("annotations") == std::string::npos);
  CHECK(patch.find("labels") == std::string::npos);
  CHECK(patch.find("\"add\"") == std::string::npos);
  CHECK(patch.find("\"remove\"") == std::string::npos);
}

TEST_CASE("trap 4 - standard mode is recognised under both of its names") {
  CHECK(sample::rollout(sample::with(sample::iris(), "/status/deploymentMode", "\"Standard\"")).mode == Mode::standard);
  CHECK(sample::rollout(sample::with(sample::iris(), "/status/deploymentMode", "\"RawDeployment\"")).mode ==
        Mode::standard);
}

TEST_CASE("trap 5 - while a newer revision is not ready the old canary has the share") {
  const ComponentRollout pending = sample::predictor(sample::in_state({20, 4, 3, 2, 0, {{3, 20}, {2, 80, "prev"}}}));
  CHECK(pending.latest_created == revision(4));
  CHECK(pending.latest_ready == revision(3));
  CHECK(pending.share_of(revision(3)) == 20);
  CHECK(pending.share_of(revision(4)) == 0);
  CHECK(pending.canary_in_flight());
}

TEST_CASE("trap 7 - a route that did not follow is told from one that did") {
  const std::string stuck =
      sample::with(sample::in_state({0, 2, 2, 1, 0, {{2, 5}, {1, 95, "prev"}}}), "/status/conditions/4",
                   R"({"type": "PredictorRouteReady", "status": "False", "reason": "RevisionMissing",
          "message": "Traffic targets aren't ready"})");
  const ComponentRollout predictor = sample::predictor(stuck);
  CHECK(predictor.percent == Percent::zero());
  CHECK(predictor.share_of(predictor.latest_ready) == 5);
  CHECK(predictor.route.status == ConditionStatus::is_false);
}

TEST_CASE("trap 8 - from stage 100 the same revision may stand at 0 and at 100 and its share is the sum") {
  const ComponentRollout doubled = sample::predictor(sample::in_state({0, 3, 2, 2, 1, {{2, 0}, {2, 100, "prev"}}}));
  CHECK(doubled.share_of(revision(2)) == 100);
  CHECK(doubled.share_of(revision(1)) == 0);
  const ComponentRollout split = sample::predictor(sample::in_state({40, 3, 2, 2, 1, {{2, 40}, {2, 60, "prev"}}}));
  CHECK(split.share_of(revision(2)) == 100);
}

TEST_CASE("the shares of nonsense percents are summed without overflow") {
  ComponentRollout rollout;
  for (int i = 0; i < 3; ++i) rollout.traffic.push_back({Revision("a"), 2147483647, ""});
  CHECK(rollout.share_of(Revision("a")) == 2147483647);
  rollout.traffic.push_back({Revision(), 50, ""});
  CHECK(rollout.share_of(Revision()) == 0);
}

TEST_CASE("observedGeneration is not the generation of the object") {
  const Rollout rollout = sample::rollout(sample::with(sample::iris(), "/status/observedGeneration", "99"));
  CHECK(rollout.generation == 7);
}

TEST_CASE("names of components are read back") {
  for (const Component component : {Component::predictor, Component::transformer, Component::explainer}) {
    CHECK(component_from(name_of(component)) == component);
  }
  CHECK_FALSE(component_from("Predictor").has_value());
  CHECK_FALSE(component_from("").has_value());
}
