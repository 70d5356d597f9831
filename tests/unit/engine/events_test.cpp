#include "../../../src/engine/events.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "stepped_clock.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;
using namespace std::chrono_literals;

namespace {

using Json = nlohmann::json;
using policy::Reason;

// The API server's Events and nothing else.
class EventApi final : public kube::KubeApi {
 public:
  Result<std::string> create_event(const kube::ObjectWrite& write) override {
    Json event = Json::parse(write.body);
    const std::string name = event["metadata"]["name"];
    if (const auto refusal = answer()) {
      if (refusal->kind == ErrorKind::outcome_unknown) events[name] = event;  // done, though nobody hears of it
      return fail(*refusal);
    }
    if (events.contains(name)) return fail(Error{ErrorKind::conflict, "already exists"});
    CHECK(write.ns.str() == event["metadata"]["namespace"]);
    CHECK(write.deadline <= clock.steady() + 2s);
    order.push_back(event["reason"]);
    events[name] = std::move(event);
    return write.body;
  }
  Result<std::string> patch_event(const kube::ObjectWrite& write) override {
    if (const auto refusal = answer()) return fail(*refusal);
    const auto event = events.find(write.name);
    if (event == events.end()) return fail(Error::not_found("no such event"));
    event->second = event->second.patch(Json::parse(write.body));
    ++patches;
    return event->second.dump();
  }
  std::optional<Error> answer() {
    ++calls;
    clock.step(takes);
    if (meanwhile) meanwhile();
    return error;
  }
  const Json& only() const {
    REQUIRE(events.size() == 1);
    return events.begin()->second;
  }

  Result<std::string> get_inferenceservice(const Target&, SteadyTime) override { return none(); }
  Result<std::string> get_revision(const Namespace&, const Revision&, SteadyTime) override { return none(); }
  Result<std::string> patch_inferenceservice(const kube::PatchRequest&) override { return none(); }
  Result<std::string> get_config_map(const Namespace&, const std::string&, SteadyTime) override { return none(); }
  Result<std::string> create_config_map(const kube::ObjectWrite&) override { return none(); }
  Result<std::string> patch_config_map(const kube::ObjectWrite&) override { return none(); }
  Result<std::string> list_inferenceservices(const Namespace&, const std::string&, SteadyTime) override {
    return none();
  }
  Status watch_inferenceservices(const Namespace&, const std::string&, const std::atomic<bool>&,
                                 const std::function<bool(std::string_view)>&) override {
    return {};
  }

  SteppedClock clock;
  std::map<std::string, Json> events;
  std::vector<std::string> order;
  std::optional<Error> error;
  std::chrono::milliseconds takes{0};
  std::function<void()> meanwhile;  // while the API server is asked
  int calls = 0;
  int patches = 0;

 private:
  static Result<std::string> none() { return fail(Error::unavailable("not used")); }
};

struct Fixture {
  EventApi api;
  SteppedClock& clock = api.clock;
  Logger logger;
  Metrics metrics;
  Settings settings{"a", {}};
  Events events{settings, api, clock, logger, metrics};

  void say(Reason reason = Reason::dwell, const std::string& message = "It dwells.", const std::string& name = "iris",
           const std::string& uid = "uid-1", bool warning = false) {
    events.say({Namespace("ml"), ServiceName(name)}, Uid(uid), warning, reason, message);
  }
  void write(std::chrono::milliseconds within = 1s) { events.write(clock.steady() + within); }
  bool counted(const std::string& result, int number) const {
    return metrics.text().find("canaryd_events_total{result=\"" + result + "\"} " + std::to_string(number) + "\n") !=
           std::string::npos;
  }
};

}  // namespace

TEST_CASE("the reasons of events are in camel case and differ") {
  CHECK(event_reason(Reason::rolled_back) == "CanaryRolledBack");
  CHECK(event_reason(Reason::rollback_blocked) == "RollbackBlocked");
  CHECK(event_reason(Reason::stable_reverted) == "StableReverted");
  CHECK(event_reason(Reason::undone) == "RollbackUndone");
  std::set<std::string> all;
  for (const auto& info : policy::all_reasons()) {
    const std::string name = event_reason(info.reason);
    CHECK(all.insert(name).second);
    CHECK_MESSAGE((name[0] >= 'A' && name[0] <= 'Z' && name.find('_') == std::string::npos), name);
  }
}

TEST_CASE("an event is about the service and says who reports it") {
  Fixture f;
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
  Fixture f;
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
  Fixture f;
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
  Fixture f;
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

TEST_CASE("a service may cost ten writes and then one a minute and others do not wait for it") {
  Fixture f;
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
  CHECK(f.events.waiting() == 1);
}

TEST_CASE("all services together may cost a hundred writes and then five a second") {
  Fixture f;
  for (int i = 0; i < 200; ++i) f.say(Reason::rolled_back, "Rolled back.", "iris-" + std::to_string(i));
  f.write();
  CHECK(f.api.calls == 100);
  f.clock.step(2s);
  f.write();
  CHECK(f.api.calls == 110);
}

TEST_CASE("at most one thousand wait and the oldest are dropped") {
  Fixture f;
  for (int i = 0; i < 1005; ++i) f.say(Reason::rolled_back, "Rolled back.", "iris-" + std::to_string(i));
  CHECK(f.events.waiting() == 1000);
  CHECK(f.counted("dropped", 5));
  f.write();
  CHECK(f.api.events.begin()->second["involvedObject"]["name"] != "iris-0");
}

TEST_CASE("a namespace that forbids events costs one attempt each and holds up no other") {
  Fixture f;
  f.api.error = Error{ErrorKind::forbidden, "may not create events"};
  f.say();
  f.say(Reason::held);
  f.write();
  CHECK(f.api.calls == 2);
  CHECK(f.counted("failed", 2));
  CHECK(f.events.waiting() == 0);
  f.api.error.reset();
  f.say(Reason::frozen);
  f.write();
  CHECK(f.api.events.size() == 1);
}

TEST_CASE("an API server that is away is left alone for half a minute and nothing is lost for ten") {
  Fixture f;
  f.api.error = Error::unavailable("connection refused");
  f.say();
  f.say(Reason::held);
  f.write();
  f.write();
  f.clock.step(29s);
  f.write();
  CHECK(f.api.calls == 1);
  f.say();
  CHECK(f.events.waiting() == 2);
  f.clock.step(1s);
  f.api.error.reset();
  f.write();
  CHECK(f.api.events.size() == 2);
  CHECK(f.api.order == std::vector<std::string>{"CanaryDwells", "CanaryHeld"});
  CHECK(f.counted("written", 2));
}

TEST_CASE("what cannot be written for ten minutes is dropped") {
  Fixture f;
  f.api.error = Error::unavailable("connection refused");
  f.say();
  for (int i = 0; i < 20; ++i) {
    f.write();
    f.clock.step(30s);
  }
  CHECK(f.events.waiting() == 1);
  f.clock.step(1ms);
  f.write();
  CHECK(f.events.waiting() == 0);
  CHECK(f.counted("dropped", 1));
}

TEST_CASE("an event whose answer was lost is not made twice") {
  Fixture f;
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
  Fixture f;
  f.api.error = Error::outcome_unknown("the connection broke");
  f.api.meanwhile = [&] {
    f.clock.step(10s);
    f.say(Reason::dwell, "Still.");
  };
  f.say();
  f.write();
  CHECK(f.events.waiting() == 1);
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
  Fixture f;
  f.api.error = Error::unavailable("connection refused");
  f.api.meanwhile = [&] { f.say(); };
  f.say();
  for (int i = 0; i < 20; ++i) {
    f.write();
    f.clock.step(30s);
  }
  CHECK(f.events.waiting() == 1);
  f.clock.step(1ms);
  f.write();
  CHECK(f.events.waiting() == 0);
}

TEST_CASE("an API server that asks for patience is given what it asks for") {
  Fixture f;
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

TEST_CASE("a slow API server does not hold the writer beyond its deadline") {
  Fixture f;
  f.api.takes = 400ms;
  for (int i = 0; i < 9; ++i) f.say(Reason::dwell, "It dwells.", "iris-" + std::to_string(i));
  f.write(1s);
  CHECK(f.api.calls == 3);
  CHECK(f.events.waiting() == 6);
  f.write(30s);
  CHECK_MESSAGE(f.events.waiting() == 0, "one exchange has 2 s of them at most");
}
