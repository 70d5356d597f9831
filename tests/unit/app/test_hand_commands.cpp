#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "api_server.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::app::test {

namespace {

using Words = std::vector<std::string>;

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

Ran ran(const Words& words) {
  std::vector<const char*> argv{"canaryd"};
  for (const auto& word : words) argv.push_back(word.c_str());
  std::ostringstream out;
  std::ostringstream err;
  const int code = run(static_cast<int>(argv.size()), argv.data(), out, err);
  return {code, out.str(), err.str()};
}

// The words, and how to reach this server.
Ran ran_at(const ApiServer& server, Words words, const std::string& token = "alice") {
  words.insert(words.end(),
               {"--server", server.url(), "--ca", server.file("tls.crt"), "--token-file", server.file(token)});
  return ran(words);
}

engine::RolloutRow a_rollout() {
  return {{Namespace("ml"), ServiceName("iris")},
          "predictor",
          Revision("iris-predictor-00001"),
          Revision("iris-predictor-00002"),
          10,
          25,
          std::chrono::minutes(4),
          {"dwell", "frozen"}};
}

// Sets an environment variable for a scope.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

const std::vector<std::string> verbs{"rollback", "advance", "promote", "hold", "release", "stop", "start"};

bool is_of_a_service(const std::string& verb) { return verb != "stop" && verb != "start"; }

}  // namespace

TEST_CASE("each act by hand has help with an example and what it needs") {
  for (const auto& verb : verbs) {
    CAPTURE(verb);
    const Ran help = ran({verb, "--help"});
    CHECK(help.code == 0);
    CHECK(help.out.find("Example:\n  canaryd " + verb) != std::string::npos);
    for (const auto* option : {"--reason TEXT", "--server URL", "CANARYD_SERVER", "--ca FILE", "--token-file FILE",
                               "CANARYD_TOKEN_FILE", "--cert FILE", "--key FILE"}) {
      CHECK(help.out.find(option) != std::string::npos);
    }
    const bool step = verb == "advance" || verb == "promote";
    CHECK((help.out.find("--override GUARD") != std::string::npos) == (step || verb == "rollback"));
    CHECK((help.out.find("--revision REVISION") != std::string::npos) == (step || verb == "rollback"));
    CHECK((help.out.find("--for DURATION") != std::string::npos) == (verb == "hold"));
    CHECK((help.out.find("stop_file") != std::string::npos) == !is_of_a_service(verb));
  }
  CHECK(ran({"advance", "--help"}).out.find("breaker_open") != std::string::npos);
  CHECK(ran({"rollback", "--help"}).out.find("again for more: breaker_open") != std::string::npos);
  CHECK(ran({"rollouts", "--help"}).out.find("Example:\n  canaryd rollouts") != std::string::npos);
}

TEST_CASE("an act that is done is told with the id of its record") {
  ApiServer server;
  for (const auto& verb : verbs) {
    CAPTURE(verb);
    Words words{verb, "--reason", "it is \"late\""};
    if (is_of_a_service(verb)) words.insert(words.begin() + 1, "ml/iris");
    const Ran result = ran_at(server, words);
    CHECK(result.err == "");
    CHECK(result.code == 0);
    CHECK(result.out == "Rolled back ml/iris.\nrecord 00ff\n");
    REQUIRE_FALSE(server.commands.empty());
    const auto& command = server.commands.back();
    CHECK(engine::name_of(command.verb) == verb);
    CHECK(command.target.has_value() == is_of_a_service(verb));
    CHECK(command.why == "it is \"late\"");
    CHECK(command.actor == "token:alice");
  }
  CHECK(server.commands.size() == verbs.size());
}

TEST_CASE("what is asked for more exactly arrives so") {
  ApiServer server;
  REQUIRE(ran_at(server, {"advance", "ml/iris", "--reason", "x", "--revision", "iris-2", "--override", "dwell",
                          "--override", "held"})
              .code == 0);
  CHECK(server.commands.back().revision == Revision("iris-2"));
  CHECK(server.commands.back().overrides == std::vector{policy::Reason::dwell, policy::Reason::held});
  const auto before = server.commands.size();
  REQUIRE(ran_at(server, {"hold", "--namespace", "ml", "--reason", "x", "--for", "2h"}).code == 0);
  const WallTime now = SystemClock().now();
  CHECK(server.commands.back().ns == Namespace("ml"));
  CHECK(*server.commands.back().until > now + std::chrono::minutes(115));
  CHECK(*server.commands.back().until <= now + std::chrono::hours(2));
  const WallTime day_after = now + std::chrono::hours(24);
  REQUIRE(ran_at(server, {"hold", "--all", "--reason", "x", "--until", to_rfc3339(day_after)}).code == 0);
  CHECK(server.commands.back().until == day_after);
  CHECK_FALSE(server.commands.back().ns.has_value());
  REQUIRE(ran_at(server, {"release", "--all", "--reason", "x"}).code == 0);
  CHECK(server.commands.size() == before + 3);
}

TEST_CASE("an act that is held or refused fails and says why") {
  ApiServer server;
  for (const int status : {409, 503}) {
    server.answer = {status, "hold", "dwell", "00aa", "Not advanced: \"4m\" left\x1b[2J\nrecord 1."};
    const Ran result = ran_at(server, {"advance", "ml/iris", "--reason", "x"});
    CHECK(result.code == 1);
    CHECK(result.out == "");
    CHECK(result.err == "canaryd: Not advanced: \"4m\" left\\x1b[2J\\nrecord 1. (dwell, record 00aa)\n");
  }
  const Ran viewer = ran_at(server, {"advance", "ml/iris", "--reason", "x"}, "bob");
  CHECK(viewer.code == 1);
  CHECK(viewer.err == "canaryd: expected a client of role operate (forbidden)\n");
}

TEST_CASE("a server that cannot be asked is a failure that names it") {
  ApiServer server;
  const Ran untrusted = ran({"stop", "--reason", "x", "--server", server.url(), "--token-file", server.file("alice")});
  CHECK(untrusted.code == 1);
  CHECK(untrusted.err.find("canaryd: " + server.url() + ": ") == 0);
  CHECK(untrusted.err.find("certificate") != std::string::npos);
  const Ran no_token = ran_at(server, {"stop", "--reason", "x"}, "nobody");
  CHECK(no_token.code == 1);
  CHECK(no_token.err.find(server.file("nobody")) != std::string::npos);
  CHECK(server.commands.empty());
  server.stop();
  const Ran gone = ran_at(server, {"stop", "--reason", "x"});
  CHECK(gone.code == 1);
  CHECK(gone.err.find("canaryd: " + server.url() + ": ") == 0);
}

TEST_CASE("the environment says where canaryd is") {
  ApiServer server;
  const Environment url("CANARYD_SERVER", server.url());
  const Environment ca("CANARYD_CA", server.file("tls.crt"));
  const Environment token("CANARYD_TOKEN_FILE", server.file("bob"));
  CHECK(ran({"rollouts"}).out == "no canary is in flight\n");
  // What is said on the command line comes first.
  CHECK(ran({"stop", "--reason", "x"}).code == 1);
  CHECK(ran({"stop", "--reason", "x", "--token-file", server.file("alice")}).code == 0);
}

TEST_CASE("wrong usage of the acts exits with 2 before anything is sent") {
  ApiServer server;
  const std::vector<Words> wrong{{"rollback", "ml/iris"},
                                 {"rollback", "--reason", "x"},
                                 {"rollback", "iris", "--reason", "x"},
                                 {"rollback", "ml/Iris", "--reason", "x"},
                                 {"rollback", "ml/iris/x", "--reason", "x"},
                                 {"rollback", "ml/iris", "--reason", ""},
                                 {"rollback", "ml/iris", "--reason", "  "},
                                 {"rollback", "ml/iris", "--reason", std::string(257, 'x')},
                                 {"rollback", "ml/iris", "--reason", "x", "--override", "dwell"},
                                 {"rollback", "ml/iris", "--reason", "x", "--revision", "A"},
                                 {"advance", "ml/iris", "--reason", "x", "--override", "bad_alert_active"},
                                 {"advance", "ml/iris", "--reason", "x", "--override", "dwell", "--override", "dwell"},
                                 {"advance", "ml/iris", "--reason", "x", "--override"},
                                 {"hold", "--reason", "x"},
                                 {"hold", "ml/iris", "--all", "--reason", "x"},
                                 {"hold", "ml/iris", "--namespace", "ml", "--reason", "x"},
                                 {"hold", "--namespace", "ml", "--all", "--reason", "x"},
                                 {"hold", "--namespace", "m/l", "--reason", "x"},
                                 {"hold", "ml/iris", "--reason", "x", "--for", "long"},
                                 {"hold", "ml/iris", "--reason", "x", "--until", "2h"},
                                 {"hold", "ml/iris", "--reason", "x", "--for", "2h", "--until", "2027-01-01T00:00:00Z"},
                                 {"release", "--reason", "x"},
                                 {"release", "ml/iris", "--reason", "x", "--for", "2h"},
                                 {"stop", "ml/iris", "--reason", "x"},
                                 {"stop"},
                                 {"start", "--reason", "x", "--cert", "a"},
                                 {"start", "--reason", "x", "--key", "a"},
                                 {"rollouts", "ml/iris"},
                                 {"rollouts", "--namespace", "A"},
                                 {"rollouts", "--output", "yaml"},
                                 {"rollouts", "--reason", "x"}};
  for (const auto& words : wrong) {
    CAPTURE(words);
    const Ran result = ran_at(server, words);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK_FALSE(result.err.empty());
  }
  CHECK(ran({"stop", "--reason", "x", "--token-file", server.file("alice")}).code == 2);
  for (const auto* url : {"http://127.0.0.1:8443", "127.0.0.1:8443", "https://", "https://a/?b"}) {
    CHECK(ran({"rollouts", "--server", url, "--token-file", server.file("alice")}).code == 2);
  }
  const Ran nobody = ran({"rollouts", "--server", server.url()});
  CHECK(nobody.code == 2);
  CHECK(nobody.err == "canaryd: expected --token-file, or --cert and --key: who asks\n");
  CHECK(server.commands.empty());
  CHECK(server.lists.empty());
}

TEST_CASE("a guard that may not be overridden is answered with those that may") {
  const Ran result = ran(
      {"advance", "ml/iris", "--reason", "x", "--server", "https://a", "--token-file", "t", "--override", "stopped"});
  CHECK(result.code == 2);
  CHECK(result.err.find("expected a guard that may be overridden (held, frozen,") != std::string::npos);
}

TEST_CASE("rollouts are an aligned table without an empty cell") {
  ApiServer server;
  auto last = a_rollout();
  last.target.name = ServiceName("a-service-with-a-long-name");
  last.percent = 100;
  last.next.reset();
  last.dwell_left = std::chrono::milliseconds(0);
  last.held_by.clear();
  auto unknown = a_rollout();
  unknown.component = "transformer";
  unknown.next.reset();
  unknown.dwell_left.reset();
  unknown.held_by = {"state_unknown"};
  server.rollouts = {a_rollout(), last, unknown};
  const Ran result = ran_at(server, {"rollouts"}, "bob");
  CHECK(result.err == "");
  CHECK(result.code == 0);
  CHECK(result.out ==
        "SERVICE                        COMPONENT    STABLE                CANARY                PERCENT  NEXT       "
        "DWELL LEFT  HELD BY\n"
        "ml/iris                        predictor    iris-predictor-00001  iris-predictor-00002  10%      25%        "
        "4m          dwell,frozen\n"
        "ml/a-service-with-a-long-name  predictor    iris-predictor-00001  iris-predictor-00002  100%     promotion  "
        "0s          -\n"
        "ml/iris                        transformer  iris-predictor-00001  iris-predictor-00002  10%      -          "
        "-           state_unknown\n");
  CHECK(server.lists.back().empty());
  REQUIRE(ran_at(server, {"rollouts", "--namespace", "ml"}).code == 0);
  CHECK(server.lists.back() == std::vector<Namespace>{Namespace("ml")});
}

TEST_CASE("rollouts without a canary and as JSON") {
  ApiServer server;
  CHECK(ran_at(server, {"rollouts"}).out == "no canary is in flight\n");
  CHECK(ran_at(server, {"rollouts", "--output", "json"}).out == "{\"rollouts\":[]}\n");
  server.rollouts = {a_rollout()};
  CHECK(ran_at(server, {"rollouts", "--output", "json"}).out ==
        R"({"rollouts":[{"namespace":"ml","name":"iris","component":"predictor","stable":"iris-predictor-00001",)"
        R"("canary":"iris-predictor-00002","percent":10,"next":25,"dwell_left_seconds":240,)"
        R"("held_by":["dwell","frozen"]}]})"
        "\n");
}

TEST_CASE("what comes from the cluster cannot draw on the terminal") {
  ApiServer server;
  auto row = a_rollout();
  row.canary = Revision("iris\x1b[2J\n\xe2\x80\xae");
  server.rollouts = {row};
  const Ran result = ran_at(server, {"rollouts"});
  CHECK(result.out.find("iris\\x1b[2J\\n\\u{202e}") != std::string::npos);
  CHECK(result.out.find('\x1b') == std::string::npos);
}

TEST_CASE("the documented overrides are those of the table in its order") {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE(source != nullptr);
  const auto text = read_file(std::string(source) + "/docs/by-hand.md");
  REQUIRE(text);
  const std::string heading = "| `--override` | what you say with it |\n|---|---|\n";
  REQUIRE(text->find(heading) != std::string::npos);
  std::istringstream rows(text->substr(text->find(heading) + heading.size()));
  std::vector<std::string> names;
  for (std::string row; std::getline(rows, row) && row.starts_with("| `");) {
    names.push_back(row.substr(3, row.find('`', 3) - 3));
  }
  CHECK(names == engine::override_names());
}

}  // namespace canaryd::app::test
