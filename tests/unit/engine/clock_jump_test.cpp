#include "bench.hpp"
#include "engine/breaker_count.hpp"
#include "stepped_clock.hpp"

// What happened in this process is measured by steady time: a wall clock that is put right neither delays it nor
// hastens it.

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using namespace std::chrono_literals;

namespace {

// Four services that this process rolled back, in a window of ten minutes that bears three.
struct Rollbacks {
  SteppedClock clock;
  BreakerCount count{clock};
  std::vector<traffic::StateEntry> quarantines;

  Rollbacks() {
    for (const char* name : {"iris", "wine", "boston", "digits"}) {
      const std::string record = std::string("id-of-") + name;
      count.note({Namespace("ml"), ServiceName(name)}, record);
      traffic::StateEntry entry;
      entry.kind = traffic::StateEntry::Kind::quarantine;
      entry.ns = Namespace("ml");
      entry.name = ServiceName(name);
      entry.record = record;
      entry.since = clock.now();
      quarantines.push_back(entry);
    }
  }
  bool is_open() const {
    return count.is_open({3, 10min, false}, [this](const auto& visit) {
      for (const auto& entry : quarantines) visit(entry);
    });
  }
};

}  // namespace

TEST_CASE("a clock that is put back settles an open intent no later") {
  Bench bench;
  bench.start();
  bench.list();
  bench.api.patch_error = Error::outcome_unknown("connection cut");
  REQUIRE(bench.deliver({firing("CanaryHighErrorRate")}).status == 503);
  bench.clock.set(bench.clock.now() - 20min);
  bench.clock.pass(31s);
  CHECK_MESSAGE(bench.comes_to_tell("outcome outcome_unknown not_applied"), bench.log.story());
}

TEST_CASE("a clock that is put back tells no later that status does not follow") {
  Bench bench;
  bench.start();
  bench.list();
  REQUIRE(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  bench.clock.set(bench.clock.now() - 20min);
  bench.clock.pass(61s);
  CHECK_MESSAGE(bench.comes_to_tell("unconfirmed rollback_pending"), bench.log.story());
}

TEST_CASE("a clock that is put forward tells no sooner that status does not follow") {
  Bench bench;
  bench.start();
  bench.list();
  REQUIRE(bench.deliver({firing("CanaryHighErrorRate")}).status == 200);
  bench.clock.set(bench.clock.now() + 20min);
  bench.clock.pass(2s);  // the background thread looks each second
  std::this_thread::sleep_for(100ms);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied");
  bench.api.reconcile();
  bench.watch_event();
  REQUIRE(bench.tells("intent rolled_back, outcome rolled_back applied, confirmed rolled_back"));
  CHECK_MESSAGE(bench.log.records().back().message.find("20m") == std::string::npos, "how long it took is steady too");
}

TEST_CASE("a clock that is put forward does not close the breaker") {
  Rollbacks done;
  done.clock.jump(20min);
  CHECK(done.is_open());
  done.clock.step(10min);
  CHECK(done.is_open());
  done.clock.step(1ms);
  CHECK_FALSE(done.is_open());
}

TEST_CASE("a clock that is put back opens the breaker once and not again when it comes to the same time") {
  Rollbacks done;
  done.clock.jump(-20min);
  CHECK(done.is_open());
  done.clock.step(10min + 1ms);
  CHECK_FALSE(done.is_open());
  done.clock.step(10min);
  CHECK_FALSE(done.is_open());
}

TEST_CASE("what another process rolled back counts by the time that its quarantine names") {
  Rollbacks done;
  for (auto& entry : done.quarantines) entry.record += " of another";
  done.clock.step(10min + 1ms);
  CHECK_FALSE(done.is_open());
  for (auto& entry : done.quarantines) entry.since = done.clock.now() - 10min;
  CHECK(done.is_open());
  for (auto& entry : done.quarantines) entry.since = done.clock.now() + 61s;
  CHECK_MESSAGE(!done.is_open(), "one of the future would keep it open for good");
}
