#include "bench.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

namespace {

// The percent at 0 in generation 6, given by managedFields to `manager`.
Json rolled_back_by(const std::string& manager) {
  Json object = FakeApi::canary(0, 2, 2, 1);
  object["metadata"]["generation"] = 6;
  object["metadata"]["managedFields"] =
      Json::array({{{"manager", manager},
                    {"operation", "Update"},
                    {"time", "2026-08-01T12:00:00Z"},
                    {"fieldsV1", {{"f:spec", {{"f:predictor", {{"f:canaryTrafficPercent", Json::object()}}}}}}}}});
  return object;
}

}  // namespace

TEST_CASE("an object that changes at every try ends as 503") {
  Bench bench;
  bench.start();
  bench.list();
  int percent = 10;
  bench.api.before_patch = [&](FakeApi& api) {
    api.object = FakeApi::canary(++percent, 2, 2, 1);
    api.touch();
  };
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.api.patches == 3);
}

TEST_CASE("when the audit log cannot take the intent nothing is patched") {
  Bench bench;
  bench.start();
  bench.list();
  bench.log.refuse([](const audit::Record& record) { return record.kind == audit::Kind::intent; });
  const auto answer = bench.deliver({firing("CanaryHighErrorRate")});
  CHECK(answer.status == 503);
  CHECK(answer.text == "audit_unavailable ml/iris");
  CHECK(bench.api.patches == 0);
}

TEST_CASE("when the outcome cannot be recorded the answer is 503 and the intent is settled by reading") {
  Bench bench;
  bench.start();
  bench.list();
  bench.log.refuse([](const audit::Record& record) { return record.kind == audit::Kind::outcome; });
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.api.percent() == 0);
  bench.log.refuse(nullptr);
  // The rollback is open still, and may be decided about once more before that.
  CHECK_MESSAGE(bench.comes_to_tell("outcome rolled_back applied"), bench.log.story());
}

TEST_CASE("a patch whose answer was lost is settled by reading and answered 200 when it was applied") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.patch_error = Error::outcome_unknown("connection cut");
  bench.api.applies_before_error = true;
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
}

TEST_CASE("a patch whose outcome stays unknown is answered 503 and a later one disproves it") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.patch_error = Error::outcome_unknown("connection cut");
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK_MESSAGE(bench.comes_to_tell("decision outcome_unknown"), bench.log.story());
  CHECK_FALSE(bench.log.story().find("applied") != std::string::npos);
  bench.api.patch_error.reset();
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  // What is open is decided about by itself, too, between any two of these.
  CHECK_MESSAGE(bench.comes_to_tell("outcome outcome_unknown not_applied"), bench.log.story());
  CHECK_MESSAGE(bench.comes_to_tell("outcome rolled_back applied"), bench.log.story());
}

TEST_CASE("refusals of the API server are 503 with their reason and recovery needs no restart") {
  struct Case {
    ErrorKind kind;
    const char* text;
  };
  for (const auto& item :
       {Case{ErrorKind::forbidden, "forbidden ml/iris"}, Case{ErrorKind::unauthenticated, "forbidden ml/iris"},
        Case{ErrorKind::throttled, "cluster_unavailable ml/iris"},
        Case{ErrorKind::unavailable, "cluster_unavailable ml/iris"},
        Case{ErrorKind::rejected, "patch_rejected ml/iris"}}) {
    Bench bench;
    bench.start();
    bench.list();
    bench.api.patch_error = Error{item.kind, "no"};
    const auto answer = bench.deliver({firing("CanaryHighErrorRate")});
    CHECK(answer.status == 503);
    CHECK(answer.text == item.text);
    CHECK(bench.api.percent() == 5);
    bench.api.patch_error.reset();
    CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
    CHECK(bench.api.percent() == 0);
  }
}

TEST_CASE("a cluster that cannot be read is 503 when the copies are doubtful") {
  Bench bench;
  bench.fresh = false;
  bench.start();
  bench.api.answer_reads_with(Error::unavailable("no route"));
  CHECK(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  CHECK(bench.log.story() == "decision cluster_unavailable");
}

TEST_CASE("an intent that a former process left open is settled by reading and claimed only when it is ours") {
  Bench bench;
  audit::Record open;
  open.kind = audit::Kind::intent;
  open.id = "before-the-crash";
  open.action = "rollback";
  open.verdict = "act";
  open.reason = "rolled_back";
  open.target = audit::TargetRef{"ml", "iris", "uid-1"};
  open.generation = 5;
  open.changes = {{"predictor", "iris-predictor-00002", "iris-predictor-00001", 5, 0}};
  bench.log.recovered_.open_intents = {open};

  SUBCASE("applied by us") {
    bench.api.object = rolled_back_by("canaryd/pod-0");
    bench.start();
    CHECK(bench.tells("outcome rolled_back applied, confirmed rolled_back"));
  }
  SUBCASE("another moved the generation") {
    bench.api.object["metadata"]["generation"] = 6;
    bench.start();
    CHECK(bench.tells("outcome outcome_unknown not_applied"));
  }
  SUBCASE("unchanged 30 seconds later") {
    bench.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    CHECK(bench.log.story().empty());
    bench.clock.pass(std::chrono::seconds(31));
    CHECK(bench.tells("outcome outcome_unknown not_applied"));
  }
  SUBCASE("two open intents with the same tests") {
    auto twin = open;
    twin.id = "its-twin";
    bench.log.recovered_.open_intents.push_back(twin);
    bench.api.object = rolled_back_by("canaryd/pod-0");
    bench.start();
    CHECK(bench.tells("outcome outcome_unknown unknown, outcome outcome_unknown unknown"));
  }
}
