#include "event_lab.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using policy::Reason;

TEST_CASE("an event is about the service and says who reports it") {
  EventLab f;
  f.say(Reason::rolled_back, "Rolled back iris-predictor-00002\nby \x1b[31m\"CanaryFailing\".", "iris", "uid-1", true);
  CHECK_MESSAGE(f.api.calls == 0, "to say it writes nothing yet");
  f.write();
  const auto& event = f.api.only();
  CHECK(event["involvedObject"] == Json{{"apiVersion", "serving.kserve.io/v1beta1"},
                                        {"kind", "InferenceService"},
                                        {"namespace", "ml"},
                                        {"name", "iris"},
                                        {"uid", "uid-1"}});
  CHECK(event["type"] == "Warning");
  CHECK(event["reason"] == "CanaryRolledBack");
  CHECK_MESSAGE(event["message"] == "Rolled back iris-predictor-00002 by \\x1b[31m\"CanaryFailing\".",
                "one line, and safe for a terminal");
  CHECK(event["source"]["component"] == "canaryd/a");
  CHECK(event["count"] == 1);
  CHECK(event["metadata"]["name"].get<std::string>().starts_with("iris."));
  CHECK(event["firstTimestamp"] == "2026-08-01T12:00:00Z");
  CHECK(f.counted("written", 1));
}

TEST_CASE("the same reason within ten minutes is one event that counts") {
  EventLab f;
  f.say(Reason::dwell, "3 minutes left.");
  f.write();
  f.clock.step(60s);
  f.say(Reason::dwell, "2 minutes left.");
  f.clock.step(1s);
  f.say(Reason::dwell, "1 minute left.");
  f.write();
  CHECK(f.api.patches == 1);
  CHECK(f.api.only()["count"] == 3);
  CHECK(f.api.only()["message"] == "1 minute left.");
  CHECK(f.api.only()["firstTimestamp"] == "2026-08-01T12:00:00Z");
  CHECK(f.api.only()["lastTimestamp"] == "2026-08-01T12:01:01Z");
  f.clock.step(10min + 1ms);
  f.say(Reason::dwell, "Again.");
  f.write();
  CHECK(f.api.events.size() == 2);
}

TEST_CASE("another reason or type or service or object is another event") {
  EventLab f;
  f.say();
  f.say(Reason::held);
  f.say(Reason::dwell, "It dwells.", "iris", "uid-1", true);
  f.say(Reason::dwell, "It dwells.", "wine");
  f.say(Reason::dwell, "It dwells.", "iris", "uid-2");
  f.write();
  CHECK(f.api.events.size() == 5);
  CHECK_MESSAGE(f.api.order[2] == "CanaryHeld", "in the order in which they were said, acts and warnings first");
}

TEST_CASE("an event that is gone is made anew") {
  EventLab f;
  f.say();
  f.write();
  f.api.events.clear();
  f.say();
  f.write();
  CHECK(f.api.only()["count"] == 2);
  f.say();
  f.write();
  CHECK_MESSAGE(f.api.only()["count"] == 3, "and counts on");
}
