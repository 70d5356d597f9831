#include "promotions.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

namespace {

// A canary at 50 % by canaryd's own patch of 11:30.
struct HalfWay : PromotionBench {
  HalfWay() {
    api.object = FakeApi::canary(50, 2, 2, 1);
    set_manager("canaryd/pod-0", "2026-08-01T11:30:00Z");
  }
  void new_model(const std::string& created) {
    auto object = FakeApi::canary(50, 3, 3, 1);
    object["metadata"]["managedFields"] = api.object["metadata"]["managedFields"];
    object["metadata"]["generation"] = 9;
    object["metadata"]["resourceVersion"] = "200";
    {
      const std::lock_guard lock(api.mutex);
      api.revisions["iris-predictor-00003"] = R"({"metadata":{"name":"iris-predictor-00003","namespace":"ml",)"
                                              R"("creationTimestamp":")" +
                                              created +
                                              R"("},"status":{"conditions":[{"type":"Ready","status":"True",)"
                                              R"("lastTransitionTime":"2026-08-01T11:59:00Z"}]}})";
    }
    api.become(object);
    watch_event();
  }
  bool comes_to(int percent) {
    for (int i = 0; i < 300 && api.percent() != percent; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return api.percent() == percent;
  }
};

}  // namespace

TEST_CASE("a new revision under our percent is taken back to the first stage") {
  HalfWay bench;
  bench.start();
  bench.list();
  bench.new_model("2026-08-01T11:58:00Z");
  CHECK(bench.comes_to(5));
  CHECK(bench.tells("intent restarted, outcome restarted applied"));
  for (const auto& record : bench.log.records()) {
    if (record.action == "restart") CHECK(record.actor == "canaryd");
  }
}

TEST_CASE("the canary that earned its share keeps it") {
  HalfWay bench;
  bench.start();
  bench.list();
  CHECK_FALSE(bench.comes_to(5));
  CHECK(bench.api.patches == 0);
}

TEST_CASE("a share that somebody else set is left alone") {
  HalfWay bench;
  bench.set_manager("kubectl", "2026-08-01T11:30:00Z");
  bench.start();
  bench.list();
  bench.new_model("2026-08-01T11:58:00Z");
  CHECK_FALSE(bench.comes_to(5));
}

TEST_CASE("a policy that does not promote takes nothing back") {
  HalfWay bench;
  bench.rules.policies[0].promotion.enabled = false;
  bench.start();
  bench.list();
  bench.new_model("2026-08-01T11:58:00Z");
  CHECK_FALSE(bench.comes_to(5));
}

TEST_CASE("in observe the way back is tried and recorded and nothing is changed") {
  HalfWay bench;
  bench.rules.policies[0].mode = policy::Mode::observe;
  bench.start();
  bench.list();
  bench.new_model("2026-08-01T11:58:00Z");
  REQUIRE_MESSAGE(bench.comes_to_tell("decision observe_only"), bench.log.story());
  const auto record = bench.last("restart");
  CHECK(record.verdict == "hold");
  REQUIRE(record.changes.size() == 1);
  CHECK(record.changes[0].percent_after == 5);
  REQUIRE(record.api.has_value());
  CHECK(record.api->result == "dry_run");
  CHECK(bench.api.patches == 0);
  CHECK(bench.api.percent() == 50);
}
