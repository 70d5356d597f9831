#include <doctest/doctest.h>

#include <string>

#include "canaryd/base/time_text.hpp"
#include "canaryd/web/api.hpp"
#include "web/api_request.hpp"

namespace canaryd::web::test {

namespace {

using engine::Command;
using engine::Verb;

const WallTime now = *parse_rfc3339("2026-08-01T12:00:00Z");

Command of(Verb verb, bool of_a_service = true) {
  Command command;
  command.verb = verb;
  if (of_a_service) command.target = Target{Namespace("ml"), ServiceName("iris")};
  return command;
}

// What is wrong with a body; empty when nothing is.
std::string fault(const std::string& body, Command command = of(Verb::advance)) {
  const auto read = read_act(body, now, command);
  return read ? std::string() : read.error();
}

std::string fault_of_until(const std::string& until) {
  return fault(R"({"reason":"x","until":")" + until + "\"}", of(Verb::hold));
}

}  // namespace

TEST_CASE("a body says why and which revision and what to pass over") {
  Command command = of(Verb::advance);
  REQUIRE(read_act(R"({"override":["dwell","held"],"revision":"iris-predictor-00002","reason":"it is \"urgent\""})",
                   now, command));
  CHECK(command.why == "it is \"urgent\"");
  CHECK(command.revision == Revision("iris-predictor-00002"));
  CHECK(command.overrides == std::vector{policy::Reason::dwell, policy::Reason::held});
}

TEST_CASE("each verb has its own keys") {
  struct Has {
    Command command;
    std::string keys;
  };
  const std::vector<Has> all{{of(Verb::rollback), "reason, revision or override"},
                             {of(Verb::advance), "reason, revision or override"},
                             {of(Verb::promote), "reason, revision or override"},
                             {of(Verb::hold), "reason or until"},
                             {of(Verb::release), "reason"},
                             {of(Verb::hold, false), "reason, until or namespace"},
                             {of(Verb::release, false), "reason or namespace"},
                             {of(Verb::stop, false), "reason"},
                             {of(Verb::start, false), "reason"}};
  const std::vector<std::pair<std::string, std::string>> members{
      {"revision", "\"a\""}, {"override", "[]"}, {"until", "\"1h\""}, {"namespace", "\"ml\""}, {"Reason", "\"x\""}};
  for (const auto& [command, keys] : all) {
    INFO(name_of(command.verb));
    CHECK(fault(R"({"reason":"x"})", command).empty());
    for (const auto& [key, value] : members) {
      INFO(key);
      const std::string found = fault("{\"reason\":\"x\",\"" + key + "\":" + value + "}", command);
      if ((keys + " ").find(" " + key) != std::string::npos) {
        CHECK(found.empty());
      } else {
        CHECK(found == "expected no key but " + keys + ", got \"" + key + "\"");
      }
    }
  }
}

TEST_CASE("what is no flat object of these keys is refused with its place") {
  CHECK(fault("") == "byte 1: expected JSON in UTF-8, which breaks or ends here");
  CHECK(fault("{\"reason\":\"x\"") == "byte 14: expected JSON in UTF-8, which breaks or ends here");
  CHECK(fault(R"({"reason":"x"} {})") == "byte 16: expected JSON in UTF-8, which breaks or ends here");
  CHECK(fault("{\"reason\":\"\xff\"}") == "byte 12: expected JSON in UTF-8, which breaks or ends here");
  CHECK(fault(R"(["reason"])") == "expected a JSON object with a reason, got an array");
  CHECK(fault("null") == "expected a JSON object with a reason, got null");
  CHECK(fault("{}") == "reason: expected a text that says why, got none");
  CHECK(fault(R"({"reason":null})") == "reason: expected a string, got null");
  CHECK(fault(R"({"reason":7})") == "reason: expected a string, got a number");
  CHECK(fault(R"({"reason":-7})") == "reason: expected a string, got a number");
  CHECK(fault(R"({"reason":1e400})") == "byte 15: expected JSON in UTF-8, which breaks or ends here");
  CHECK(fault(R"({"reason":true})") == "reason: expected a string, got true");
  CHECK(fault(R"({"reason":{}})") == "reason: expected a string, got an object");
  CHECK(fault(R"({"reason":["x"]})") == "reason: expected a string, got an array");
  CHECK(fault(R"({"reason":"x","reason":"x"})") == "reason: expected one key of this name, got a second one");
  CHECK(fault(R"({"reason":"x","override":[],"override":[]})") ==
        "override: expected one key of this name, got a second one");
  CHECK(fault(R"({"reason":"x","override":"dwell"})") == "override: expected an array of guards, got a string");
  CHECK(fault(R"({"reason":"x","override":["dwell",7]})") == "override: expected a string, got a number");
  CHECK(fault(R"({"reason":"x","override":[["dwell"]]})") == "override: expected a string, got an array");
  CHECK(fault(R"({"reason":"x","a\u001bb":1})") == "expected no key but reason, revision or override, got \"a\\x1bb\"");
  CHECK(fault(std::string(1U << 20, '[')) == "expected a JSON object with a reason, got an array");
}

TEST_CASE("a reason is one line of at most 256 bytes that says something") {
  const auto with = [](const std::string& reason) { return fault(R"({"reason":")" + reason + "\"}"); };
  CHECK(with("") == "reason: expected a text that says why, got \"\"");
  CHECK(with("   ") == "reason: expected a text that says why, got \"   \"");
  CHECK(with("\xe2\x80\x8b \xe3\x85\xa4") ==
        "reason: expected a text that says why, got only characters that show nothing");
  CHECK(with("a\\nb") == "reason: expected one line without control characters, got \"a\\nb\"");
  CHECK(with("a\\u0000b") == "reason: expected one line without control characters, got \"a\\x00b\"");
  CHECK(with(std::string(257, 'a')) == "reason: expected at most 256 bytes, got 257");
  CHECK(with(std::string(256, 'a')).empty());
  CHECK(with("caf\xc3\xa9").empty());
}

TEST_CASE("an override is a guard that may be and the refusal names those") {
  const std::string names =
      "held, frozen, breaker_open, quarantined, lowered_by_hand, warming_up, dwell, gate_unknown, "
      "gate_failed";
  for (const std::string guard : {"bad_alert_active", "stopped", "observe_only", "Dwell", "", "dwell "}) {
    INFO(guard);
    CHECK(fault(R"({"reason":"x","override":[")" + guard + "\"]}") ==
          "override: expected a guard that may be overridden (" + names + "), got \"" + guard + "\"");
  }
  CHECK(fault(R"({"reason":"x","override":["dwell","dwell"]})") ==
        "override: expected each guard once, got \"dwell\" twice");
  std::string many = "\"dwell\"";
  for (int i = 0; i < 32; ++i) many += ",\"dwell\"";
  CHECK(fault(R"({"reason":"x","override":[)" + many + "]}") == "override: expected at most 32 guards, got more");
  CHECK(fault(R"({"reason":"x","override":["dwell"]})", of(Verb::rollback)) ==
        "override: expected a guard that may be overridden (breaker_open), got \"dwell\"");
  CHECK(fault(R"({"reason":"x","override":["breaker_open"]})", of(Verb::rollback)).empty());
  for (const auto& name : engine::override_names()) {
    CHECK(fault(R"({"reason":"x","override":[")" + name + "\"]}", of(Verb::promote)).empty());
  }
}

TEST_CASE("names of the cluster are checked") {
  CHECK(fault(R"({"reason":"x","revision":"Iris"})") == "revision: expected the name of a Revision, got \"Iris\"");
  CHECK(fault(R"({"reason":"x","revision":""})") == "revision: expected the name of a Revision, got \"\"");
  CHECK(fault(R"({"reason":"x","namespace":"a.b"})", of(Verb::hold, false)) ==
        "namespace: expected a Kubernetes namespace, got \"a.b\"");
}

TEST_CASE("a hold ends at a time or after a duration within a year") {
  Command command = of(Verb::hold);
  REQUIRE(read_act(R"({"reason":"x","until":"2h"})", now, command));
  CHECK(to_rfc3339(*command.until) == "2026-08-01T14:00:00.000000Z");
  REQUIRE(read_act(R"({"reason":"x","until":"2026-08-01T15:00:00+02:00"})", now, command));
  CHECK(to_rfc3339(*command.until) == "2026-08-01T13:00:00.000000Z");
  CHECK(fault_of_until("365d").empty());
  CHECK(fault_of_until("1y").empty());
  CHECK(fault_of_until("365d1ms") == "until: expected at most a year from now, got \"365d1ms\"");
  CHECK(fault_of_until("100y") == "until: expected at most a year from now, got \"100y\"");
  CHECK(fault_of_until("9999-12-31T23:59:59Z") ==
        "until: expected at most a year from now, got \"9999-12-31T23:59:59Z\"");
  CHECK(fault_of_until("0s") == "until: expected a time in the future, got \"0s\"");
  CHECK(fault_of_until("2026-08-01T12:00:00Z") == "until: expected a time in the future, got \"2026-08-01T12:00:00Z\"");
  CHECK(fault_of_until("tomorrow") == "until: expected RFC 3339 or a duration such as 2h, got \"tomorrow\"");
  CHECK(fault_of_until("-2h") == "until: expected RFC 3339 or a duration such as 2h, got \"-2h\"");
}

TEST_CASE("the body that the command line writes is read back") {
  Command command = of(Verb::promote);
  REQUIRE(read_act(act_json({"a \"b\" \xc3\xa9", "rev-1", "", "", {"dwell", "frozen"}}), now, command));
  CHECK(command.why == "a \"b\" \xc3\xa9");
  CHECK(command.revision == Revision("rev-1"));
  CHECK(command.overrides == std::vector{policy::Reason::dwell, policy::Reason::frozen});
  command = of(Verb::hold, false);
  REQUIRE(read_act(act_json({"x", "", "90m", "ml", {}}), now, command));
  CHECK(command.ns == Namespace("ml"));
  CHECK(to_rfc3339(*command.until) == "2026-08-01T13:30:00.000000Z");
  CHECK(act_json({"x", "", "", "", {}}) == R"({"reason":"x"})");
}

TEST_CASE("answers and lists are read back and others refused with their place") {
  const auto answer = read_answer(R"({"verdict":"hold","reason":"dwell","id":"00","message":"Held.","later":[1]})");
  REQUIRE(answer);
  CHECK(answer->reason == "dwell");
  CHECK(answer->message == "Held.");
  CHECK(read_answer(R"({"verdict":"hold","reason":7,"id":"","message":""})").error().message ==
        "reason: expected a string");
  CHECK(read_answer("internal error\n").error().message == "expected a JSON object");
  CHECK(read_answer(std::string(100'000, '[')).error().message == "expected a JSON object");

  const engine::RolloutRow row{{Namespace("ml"), ServiceName("iris")},
                               "predictor",
                               Revision("a"),
                               Revision("b"),
                               5,
                               10,
                               std::chrono::seconds(90),
                               {"dwell"}};
  const engine::RolloutRow bare{{Namespace("ml"), ServiceName("iris")},
                                "transformer",
                                Revision("a"),
                                Revision("b"),
                                100,
                                std::nullopt,
                                std::nullopt,
                                {}};
  const auto rows = read_rollouts(rollouts_json({row, bare}));
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  CHECK(rollouts_json(*rows) == rollouts_json({row, bare}));
  CHECK(read_rollouts(R"({"rollouts":[7]})").error().message == "rollouts[0]: expected an object");
  CHECK(read_rollouts(R"({"rollouts":{}})").error().message == "rollouts: expected an array");
  std::string bad = rollouts_json({row});
  bad.replace(bad.find("\"percent\":5"), 11, "\"percent\":\"5\"");
  CHECK(read_rollouts(bad).error().message == "rollouts[0].percent: expected an integer");
  bad = rollouts_json({row});
  bad.replace(bad.find("[\"dwell\"]"), 9, "[1]");
  CHECK(read_rollouts(bad).error().message == "rollouts[0].held_by: expected an array of strings");
}

}  // namespace canaryd::web::test
