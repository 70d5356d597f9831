#include "event_lab.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using policy::Reason;

TEST_CASE("a service may cost ten writes and then one a minute and others do not wait for it") {
  EventLab f;
  for (int i = 0; i < 12; ++i) f.say(Reason::dwell, "It dwells.", "iris", "uid-" + std::to_string(i));
  f.say(Reason::rolled_back, "Rolled back.", "wine");
  f.write();
  CHECK(f.api.calls == 11);
  CHECK_MESSAGE(f.api.order.front() == "CanaryRolledBack", "what was done comes before what was not");
  f.write();
  f.clock.step(59s);
  f.write();
  CHECK(f.api.calls == 11);
  f.clock.step(1s);
  f.write();
  CHECK(f.api.calls == 12);
  CHECK(f.waiting() == 1);
}

TEST_CASE("all services together may cost a hundred writes and then five a second") {
  EventLab f;
  for (int i = 0; i < 200; ++i) f.say(Reason::rolled_back, "Rolled back.", "iris-" + std::to_string(i));
  f.write();
  CHECK(f.api.calls == 100);
  f.clock.step(2s);
  f.write();
  CHECK(f.api.calls == 110);
}

TEST_CASE("a flood about many services costs no more than its limits and keeps no more than it may") {
  EventLab f;
  constexpr int services = 1'200;
  int most = 0;
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < services; ++i) {
      f.say(Reason::dwell, "It dwells.", "iris-" + std::to_string(i), "uid-1");
      f.say(Reason::rolled_back, "Rolled back.", "iris-" + std::to_string(i), "uid-1", true);
    }
    most = std::max(most, f.waiting());
    for (int second = 0; second < 60; ++second) {
      f.write();
      f.clock.step(1s);
    }
  }
  CHECK(most == 1'000);
  CHECK(f.api.calls == 100 + 3 * 5 * 60 - 5);  // what was there at the start, and five a second
  CHECK_MESSAGE(f.api.order.front() == "CanaryRolledBack", "what was done comes before what was not");
}

TEST_CASE("a flood about one service is a few events that count") {
  EventLab f;
  for (int i = 0; i < 10'000; ++i) {
    f.say(i % 2 == 0 ? Reason::dwell : Reason::gate_unknown);
    if (i % 100 == 0) f.write();
    f.clock.step(10ms);
  }
  CHECK(f.waiting() <= 2);
  CHECK(f.api.events.size() == 2);
  CHECK(f.api.calls <= 12);
}

TEST_CASE("at most one thousand wait and the oldest are dropped") {
  EventLab f;
  for (int i = 0; i < 1005; ++i) f.say(Reason::rolled_back, "Rolled back.", "iris-" + std::to_string(i));
  CHECK(f.waiting() == 1000);
  CHECK(f.counted("dropped", 5));
  f.write();
  CHECK(f.api.events.begin()->second["involvedObject"]["name"] != "iris-0");
}

TEST_CASE("a slow API server does not hold the writer beyond its deadline") {
  EventLab f;
  f.api.takes = 400ms;
  for (int i = 0; i < 9; ++i) f.say(Reason::dwell, "It dwells.", "iris-" + std::to_string(i));
  f.write(1s);
  CHECK(f.api.calls == 3);
  CHECK(f.waiting() == 6);
  f.write(30s);
  CHECK_MESSAGE(f.waiting() == 0, "one exchange has 2 s of them at most");
}
