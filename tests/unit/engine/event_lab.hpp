#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/events.hpp"
#include "stepped_clock.hpp"

namespace canaryd::engine::testing {

using namespace std::chrono_literals;
using Json = nlohmann::json;

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

// Events whose time a test steps, and which say what one service says unless a test says otherwise.
struct EventLab {
  EventApi api;
  SteppedClock& clock = api.clock;
  Logger logger;
  Metrics metrics;
  Settings settings{"a", {}};
  Events events{settings, api, clock, logger, metrics};

  void say(policy::Reason reason = policy::Reason::dwell, const std::string& message = "It dwells.",
           const std::string& name = "iris", const std::string& uid = "uid-1", bool warning = false) {
    events.say({Namespace("ml"), ServiceName(name)}, Uid(uid), warning, reason, message);
  }
  void write(std::chrono::milliseconds within = 1s) { events.write(clock.steady() + within); }
  // How many are not written yet.
  int waiting() const {
    const std::string text = metrics.text();
    const std::string name = "\ncanaryd_events_waiting ";
    return std::stoi(text.substr(text.find(name) + name.size()));
  }
  bool counted(const std::string& result, int number) const {
    return metrics.text().find("canaryd_events_total{result=\"" + result + "\"} " + std::to_string(number) + "\n") !=
           std::string::npos;
  }
};

}  // namespace canaryd::engine::testing
