#include "engine/open_rollbacks.hpp"

#include <doctest/doctest.h>

#include "stepped_clock.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using namespace std::chrono_literals;

namespace {

using policy::Reason;

struct Fixture {
  SteppedClock clock;
  Metrics metrics;
  OpenRollbacks open{clock, metrics};

  static alert::Signal signal(const std::string& service, const std::string& fingerprint = "f1", int began = 0) {
    alert::Signal out;
    out.action = alert::Action::rollback;
    out.target = Target{Namespace("ml"), ServiceName(service)};
    out.alert.fingerprint = fingerprint;
    out.alert.starts_at = WallTime(std::chrono::seconds(began));
    return out;
  }
  static Delivery delivery(const std::string& actor = "token:am") {
    Delivery out;
    out.actor = actor;
    out.namespaces = {Namespace("ml")};
    return out;
  }
  void keep(const std::string& service, Reason reason = Reason::stopped, const std::string& fingerprint = "f1") {
    open.keep(signal(service, fingerprint), delivery(), reason);
  }
  // The services that are due, in their order; each is held again with the same reason.
  std::string due(Reason again = Reason::stopped) {
    std::string out;
    for (const auto& one : open.due(clock.steady())) {
      for (const auto& s : one.signals) open.keep(s, one.delivery, again);
      out += (out.empty() ? "" : " ") + one.target.name.str();
    }
    return out;
  }
  std::string after(std::chrono::milliseconds time, Reason again = Reason::stopped) {
    clock.step(time);
    return due(again);
  }
  bool gauge_is(int number) const {
    return metrics.text().find("canaryd_rollbacks_open " + std::to_string(number) + "\n") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("only reasons that may end by themselves leave a rollback open") {
  std::string open;
  for (const auto& info : policy::all_reasons()) {
    if (stays_open(info.reason)) open += std::string(info.name) + " ";
    CHECK_MESSAGE((info.verdict != policy::Verdict::refuse || !stays_open(info.reason)), info.name);
    CHECK_MESSAGE((info.verdict != policy::Verdict::retry || stays_open(info.reason)), info.name);
  }
  CHECK(open ==
        "rollback_impossible canary_not_ready stopped breaker_open conflict forbidden patch_rejected outcome_unknown "
        "cluster_unavailable audit_unavailable ");
}

TEST_CASE("an open rollback is decided again after 5 s and then ever less often") {
  Fixture f;
  CHECK(f.gauge_is(0));
  f.keep("iris");
  CHECK(f.gauge_is(1));
  CHECK(f.due() == "");
  CHECK(f.after(4999ms) == "");
  CHECK(f.after(1ms) == "iris");
  for (const auto pause : {5s, 10s, 20s, 40s, 60s, 60s}) {
    f.open.keep(f.signal("iris"), f.delivery(), Reason::stopped);  // Alertmanager's repeat changes nothing of it
    CHECK(f.after(pause - 1ms) == "");
    CHECK(f.after(1ms) == "iris");
  }
}

TEST_CASE("another reason begins with 5 s again") {
  Fixture f;
  f.keep("iris");
  f.after(5s);
  f.after(5s);
  CHECK(f.after(10s, Reason::canary_not_ready) == "iris");
  for (const auto pause : {5s, 5s, 10s}) {
    CHECK(f.after(pause - 1ms, Reason::canary_not_ready) == "");
    CHECK(f.after(1ms, Reason::canary_not_ready) == "iris");
  }
}

TEST_CASE("a poke makes it due at once but not in a circle") {
  Fixture f;
  f.keep("iris");
  f.keep("wine");
  f.open.poke({Namespace("ml"), ServiceName("wine")});
  f.open.poke({Namespace("ml"), ServiceName("unknown")});
  CHECK(f.due() == "wine");
  f.open.poke({Namespace("ml"), ServiceName("wine")});
  CHECK(f.due() == "");
  CHECK(f.after(1s) == "wine");
  f.clock.step(1s);
  f.open.poke_all();
  CHECK_MESSAGE(f.due() == "iris wine", "the one that has waited longest is first");
}

TEST_CASE("after a poke it is decided again as often as at first") {
  Fixture f;
  f.keep("iris");
  for (const auto pause : {5s, 5s, 10s, 20s}) CHECK(f.after(pause) == "iris");
  f.clock.step(2s);
  f.open.poke_all();
  CHECK(f.due() == "iris");
  CHECK(f.after(4999ms) == "");
  CHECK(f.after(1ms) == "iris");
}

TEST_CASE("a poke does not put back one that is due already") {
  Fixture f;
  f.keep("iris");
  CHECK(f.after(5s) == "iris");
  f.clock.step(1s);
  f.keep("wine");
  f.clock.step(10s);
  f.open.poke({Namespace("ml"), ServiceName("iris")});
  CHECK(f.due() == "iris wine");
}

TEST_CASE("a poke by the decision's own reading makes it due after 5 s and no sooner") {
  Fixture f;
  f.keep("iris");
  f.clock.step(5s);
  for (int i = 0; i < 4; ++i) {
    const auto due = f.open.due(f.clock.steady());
    REQUIRE(due.size() == 1);
    f.open.poke(due[0].target);
    f.open.keep(due[0].signals[0], due[0].delivery, Reason::stopped);
    CHECK(f.after(4999ms) == "");
    f.clock.step(1ms);
  }
  CHECK(f.due() == "iris");
}

TEST_CASE("what is done or refused or resolved is closed") {
  Fixture f;
  f.keep("iris");
  f.keep("iris", Reason::stopped, "f2");
  f.open.settled(f.signal("iris", "unknown"));
  f.open.settled(f.signal("iris", "f1"));
  CHECK(f.gauge_is(1));
  f.open.settled(f.signal("iris", "f2"));
  CHECK(f.gauge_is(0));
  CHECK(f.after(1h) == "");
}

TEST_CASE("a late resolved of an earlier episode does not close the one that followed") {
  Fixture f;
  f.open.keep(f.signal("iris", "f1", 100), f.delivery(), Reason::stopped);
  f.open.settled(f.signal("iris", "f1", 50));
  CHECK(f.open.services() == 1);
  f.open.settled(f.signal("iris", "f1", 100));
  CHECK(f.open.services() == 0);
}

TEST_CASE("five minutes after its last delivery a rollback is given up however often it was decided") {
  Fixture f;
  f.keep("iris");
  int looks = 0;
  for (auto passed = 0s; passed < 300s; passed += 5s) looks += f.after(5s).empty() ? 0 : 1;
  CHECK(looks > 5);
  CHECK(f.open.services() == 1);
  f.clock.step(1ms);
  f.open.poke_all();
  CHECK(f.due() == "");
  CHECK(f.gauge_is(0));
}

TEST_CASE("a new delivery prolongs it") {
  Fixture f;
  f.keep("iris");
  f.clock.step(299s);
  f.keep("iris");
  f.clock.step(299s);
  CHECK(f.due() == "iris");
}

TEST_CASE("a new episode that comes while the old one is decided takes its place") {
  Fixture f;
  f.open.keep(f.signal("iris", "f1", 100), f.delivery(), Reason::stopped);
  f.clock.step(5s);
  REQUIRE(f.open.due(f.clock.steady()).size() == 1);
  f.open.keep(f.signal("iris", "f1", 200), f.delivery(), Reason::stopped);
  f.clock.step(299s);
  const auto due = f.open.due(f.clock.steady());
  REQUIRE(due.size() == 1);
  CHECK(due[0].signals.at(0).alert.starts_at == WallTime(200s));
}

TEST_CASE("all alerts of a service are decided together and each in the name of who brought it") {
  Fixture f;
  f.keep("iris", Reason::stopped, "f1");
  f.keep("iris", Reason::stopped, "f2");
  f.open.keep(f.signal("iris", "f3"), f.delivery("san:dns:other"), Reason::stopped);
  CHECK(f.gauge_is(1));
  f.clock.step(5s);
  const auto due = f.open.due(f.clock.steady());
  REQUIRE(due.size() == 2);
  CHECK(due[0].delivery.actor == "san:dns:other");
  CHECK(due[0].signals.size() == 1);
  CHECK(due[1].delivery.actor == "token:am");
  CHECK(due[1].signals.size() == 2);
  CHECK(due[1].delivery.namespaces == std::vector{Namespace("ml")});
  CHECK(due[1].delivery.deadline == f.clock.steady() + 8s);
}

TEST_CASE("one look takes a bounded number of services and the others are due next") {
  Fixture f;
  for (int i = 0; i < 20; ++i) {
    f.keep("iris-" + std::to_string(i));
    f.clock.step(1ms);
  }
  f.clock.step(5s);
  const auto first = f.open.due(f.clock.steady(), 15);
  REQUIRE(first.size() == 15);
  CHECK(first[0].target.name.str() == "iris-0");
  CHECK(first[14].target.name.str() == "iris-14");
  CHECK(f.open.due(f.clock.steady(), 15).size() == 5);
  CHECK(f.open.due(f.clock.steady(), 15).empty());
}

TEST_CASE("of ten thousand and one the rollback delivered longest ago is given up") {
  Fixture f;
  for (int i = 0; i <= 10'000; ++i) {
    f.keep("iris-" + std::to_string(i % 10'001));
    if (i == 0) f.clock.step(1ms);
  }
  CHECK(f.gauge_is(10'000));
  f.open.settled(f.signal("iris-0"));
  CHECK_MESSAGE(f.gauge_is(10'000), "the first is gone already");
  f.open.settled(f.signal("iris-10000"));
  CHECK(f.gauge_is(9'999));
}

TEST_CASE("a signal without a target is nobody's rollback") {
  Fixture f;
  alert::Signal nobody;
  f.open.keep(nobody, f.delivery(), Reason::stopped);
  f.open.settled(nobody);
  CHECK(f.open.services() == 0);
}
