#include "event_lab.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using policy::Reason;

TEST_CASE("a namespace that forbids events costs one attempt each and holds up no other") {
  EventLab f;
  f.api.error = Error{ErrorKind::forbidden, "may not create events"};
  f.say();
  f.say(Reason::held);
  f.write();
  CHECK(f.api.calls == 2);
  CHECK(f.counted("failed", 2));
  CHECK(f.waiting() == 0);
  f.api.error.reset();
  f.say(Reason::frozen);
  f.write();
  CHECK(f.api.events.size() == 1);
}

TEST_CASE("an API server that is away is left alone for half a minute and nothing is lost for ten") {
  EventLab f;
  f.api.error = Error::unavailable("connection refused");
  f.say();
  f.say(Reason::held);
  f.write();
  f.write();
  f.clock.step(29s);
  f.write();
  CHECK(f.api.calls == 1);
  f.say();
  CHECK(f.waiting() == 2);
  f.clock.step(1s);
  f.api.error.reset();
  f.write();
  CHECK(f.api.events.size() == 2);
  CHECK(f.api.order == std::vector<std::string>{"CanaryDwells", "CanaryHeld"});
  CHECK(f.counted("written", 2));
}

TEST_CASE("what cannot be written for ten minutes is dropped") {
  EventLab f;
  f.api.error = Error::unavailable("connection refused");
  f.say();
  for (int i = 0; i < 20; ++i) {
    f.write();
    f.clock.step(30s);
  }
  CHECK(f.waiting() == 1);
  f.clock.step(1ms);
  f.write();
  CHECK(f.waiting() == 0);
  CHECK(f.counted("dropped", 1));
}

TEST_CASE("an event whose answer was lost is not made twice") {
  EventLab f;
  f.api.error = Error::outcome_unknown("the connection broke");
  f.say();
  f.write();
  f.api.error.reset();
  f.clock.step(30s);
  f.write();
  CHECK(f.api.events.size() == 1);
  CHECK(f.counted("written", 1));
  f.say();
  f.write();
  CHECK(f.api.only()["count"] == 2);
}

TEST_CASE("what is said again while it is being written and fails is one event with the first one's time and name") {
  EventLab f;
  f.api.error = Error::outcome_unknown("the connection broke");
  f.api.meanwhile = [&] {
    f.clock.step(10s);
    f.say(Reason::dwell, "Still.");
  };
  f.say();
  f.write();
  CHECK(f.waiting() == 1);
  f.api.meanwhile = nullptr;
  f.api.events.clear();
  const auto name = [&] { return f.api.only()["metadata"]["name"].get<std::string>(); };
  f.clock.step(30s);
  f.write();
  const std::string earlier = name();
  f.api.events.clear();
  f.api.error.reset();
  f.clock.step(30s);
  f.write();
  CHECK(f.api.only()["count"] == 2);
  CHECK(f.api.only()["message"] == "Still.");
  CHECK(f.api.only()["firstTimestamp"] == "2026-08-01T12:00:00Z");
  CHECK(f.api.only()["lastTimestamp"] == "2026-08-01T12:00:10Z");
  CHECK(name() == earlier);
}

TEST_CASE("what is said again and again while it cannot be written is given up at the first one's time") {
  EventLab f;
  f.api.error = Error::unavailable("connection refused");
  f.api.meanwhile = [&] { f.say(); };
  f.say();
  for (int i = 0; i < 20; ++i) {
    f.write();
    f.clock.step(30s);
  }
  CHECK(f.waiting() == 1);
  f.clock.step(1ms);
  f.write();
  CHECK(f.waiting() == 0);
}

TEST_CASE("an API server that asks for patience is given what it asks for") {
  EventLab f;
  f.api.error = Error{ErrorKind::throttled, "too many requests", 429, 90s};
  f.say();
  f.write();
  f.api.error.reset();
  f.clock.step(89s);
  f.write();
  CHECK(f.api.calls == 1);
  f.clock.step(1s);
  f.write();
  CHECK(f.api.events.size() == 1);
}
