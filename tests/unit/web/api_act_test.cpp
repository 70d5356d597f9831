#include <doctest/doctest.h>

#include "api_requests.hpp"

namespace canaryd::web::test {

namespace {

using engine::Command;
using engine::Verb;

struct Asked {
  std::string path;
  Verb verb;
  bool of_a_service;
};

const std::vector<Asked> posts{{"/api/v1/rollouts/ml/iris/rollback", Verb::rollback, true},
                               {"/api/v1/rollouts/ml/iris/advance", Verb::advance, true},
                               {"/api/v1/rollouts/ml/iris/promote", Verb::promote, true},
                               {"/api/v1/rollouts/ml/iris/hold", Verb::hold, true},
                               {"/api/v1/rollouts/ml/iris/release", Verb::release, true},
                               {"/api/v1/hold", Verb::hold, false},
                               {"/api/v1/release", Verb::release, false},
                               {"/api/v1/stop", Verb::stop, false},
                               {"/api/v1/start", Verb::start, false}};

}  // namespace

TEST_CASE("each verb of the API reaches the handler with who asks and until when") {
  ApiServer running;
  for (const auto& [path, verb, of_a_service] : posts) {
    INFO(path);
    const auto before = std::chrono::steady_clock::now();
    const auto answer = running.ask(api_post(path, R"({"reason":"too slow"})"));
    CHECK(answer.status == 200);
    CHECK(answer.head.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(answer.body == R"({"verdict":"act","reason":"rolled_back","id":"00ff","message":"Rolled back."})"
                         "\n");
    const Command command = running.commands().back();
    CHECK(command.verb == verb);
    CHECK(command.target.has_value() == of_a_service);
    if (command.target) CHECK(command.target->str() == "ml/iris");
    CHECK(command.why == "too slow");
    CHECK(command.actor == "token:alice");
    CHECK(command.peer.rfind("127.0.0.1:", 0) == 0);
    CHECK(command.namespaces.empty());
    CHECK(command.deadline >= before + std::chrono::seconds(8));
    CHECK(command.deadline <= std::chrono::steady_clock::now() + std::chrono::seconds(8));
    CHECK_FALSE(command.revision.has_value());
    CHECK_FALSE(command.until.has_value());
    CHECK_FALSE(command.ns.has_value());
    CHECK(command.overrides.empty());
  }
  CHECK(running.commands().size() == posts.size());
  CHECK(running.refusals().empty());
}

TEST_CASE("a client certificate of role operate asks in the name of its SAN") {
  RunningServer running([](ServerSettings& settings) {
    settings.tls.client_ca = settings.tls.certificate.substr(0, settings.tls.certificate.rfind('/')) + "/client-ca.crt";
    settings.certificates.push_back({"alice", Role::operate, "dns:alice.test", {}});
  });
  const Issued identity = running.client_authority.issue("DNS:alice.test");
  ClientOptions options;
  options.identity = &identity;
  Client client(running.port(), options);
  CHECK(client.exchange(api_post("/api/v1/stop", R"({"reason":"a fire"})", in_json)).status == 200);
  REQUIRE(running.commands().size() == 1);
  CHECK(running.commands()[0].actor == "san:dns:alice.test");
}

TEST_CASE("what the handler answers is the status and the body and the connection is kept") {
  ApiServer running;
  Client client(running.port());
  for (const int status : {409, 503, 200}) {
    running.answer_commands_with([status](const Command&) {
      return engine::CommandAnswer{status, "hold", "dwell", "00aa", "Held: \"dwell\"\n\x1b[2J."};
    });
    const auto answer = client.exchange(api_post("/api/v1/rollouts/ml/iris/advance", R"({"reason":"x"})"));
    CHECK(answer.status == status);
    CHECK(answer.body ==
          "{\"verdict\":\"hold\",\"reason\":\"dwell\",\"id\":\"00aa\","
          "\"message\":\"Held: \\\"dwell\\\"\\n\\u001b[2J.\"}\n");
  }
}

TEST_CASE("what a handler of the API throws is neither told nor ends the process") {
  ApiServer running;
  running.answer_commands_with([](const Command&) -> engine::CommandAnswer { throw std::runtime_error("the secret"); });
  const auto answer = running.ask(api_post("/api/v1/stop", R"({"reason":"x"})"));
  CHECK(answer.status == 500);
  CHECK(answer.body == "internal error\n");
  CHECK(running.serves_honest_client());
}

TEST_CASE("a client that is bound to namespaces asks for those alone") {
  ApiServer running;
  const std::string as_carol = bearer(bound_token) + in_json;
  const std::string why = R"({"reason":"x"})";
  CHECK(running.ask(api_post("/api/v1/rollouts/ml/iris/hold", why, as_carol)).status == 200);
  CHECK(running.commands().back().namespaces == std::vector<Namespace>{Namespace("ml")});
  CHECK(running.ask(api_post("/api/v1/hold", R"({"reason":"x","namespace":"ml"})", as_carol)).status == 200);
  CHECK(running.commands().back().ns == Namespace("ml"));
  REQUIRE(running.commands().size() == 2);

  struct Denied {
    std::string path;
    std::string body;
    std::string message;
  };
  const std::string other = "expected a namespace that this client is bound to, got web";
  const std::vector<Denied> denied{
      {"/api/v1/rollouts/web/shop/rollback", why, other},
      {"/api/v1/rollouts/web/shop/release", why, other},
      {"/api/v1/hold", R"({"reason":"x","namespace":"web"})", other},
      {"/api/v1/release", R"({"reason":"x","namespace":"web"})", other},
      {"/api/v1/hold", why, "expected a client that is not bound to namespaces, for a hold of all"},
      {"/api/v1/release", why, "expected a client that is not bound to namespaces, for a release of all"},
      {"/api/v1/stop", why, "expected a client that is not bound to namespaces, for a stop of all"},
      {"/api/v1/start", why, "expected a client that is not bound to namespaces, for a start of all"}};
  for (const auto& [path, body, message] : denied) {
    INFO(path << body);
    const std::size_t refusals_before = running.refusals().size();
    const auto answer = running.ask(api_post(path, body, as_carol));
    CHECK(answer.status == 403);
    CHECK(answer.body == R"({"verdict":"refuse","reason":"forbidden","id":"","message":")" + message + "\"}\n");
    REQUIRE(running.refusals().size() == refusals_before + 1);
    CHECK(running.refusals().back() == "forbidden");
  }
  CHECK(running.commands().size() == 2);
}

TEST_CASE("a body that is refused names its fault and keeps the connection") {
  ApiServer running;
  Client client(running.port());
  const auto answer = client.exchange(api_post("/api/v1/stop", R"({"reason":"x","until":"2h"})"));
  CHECK(answer.status == 400);
  CHECK(answer.body == R"({"verdict":"refuse","reason":"malformed","id":"",)"
                       R"("message":"expected no key but reason, got \"until\""})"
                       "\n");
  CHECK(running.refused_for("malformed"));
  CHECK(client.exchange(api_post("/api/v1/stop", R"({"reason":"x"})")).status == 200);
  CHECK(running.commands().size() == 1);
}

}  // namespace canaryd::web::test
