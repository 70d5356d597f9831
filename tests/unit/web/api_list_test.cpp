#include <doctest/doctest.h>

#include "api_requests.hpp"

namespace canaryd::web::test {

namespace {

constexpr const char* path = "/api/v1/rollouts";

}  // namespace

TEST_CASE("the canaries in flight are listed for those who may view and those who may operate") {
  ApiServer running;
  CHECK(running.ask(api_get(path, bearer(viewer_token))).body == "{\"rollouts\":[]}\n");
  engine::RolloutRow row{{Namespace("ml"), ServiceName("iris")},
                         "predictor",
                         Revision("iris-predictor-00001"),
                         Revision("iris-predictor-00002"),
                         10,
                         25,
                         std::chrono::milliseconds(61'001),
                         {"dwell", "frozen"}};
  engine::RolloutRow last{{Namespace("web"), ServiceName("shop")},
                          "transformer",
                          Revision("a"),
                          Revision("b"),
                          100,
                          std::nullopt,
                          std::nullopt,
                          {}};
  running.list_with({row, last});
  for (const auto& secret : {viewer_token, operator_token}) {
    const auto answer = running.ask(api_get(path, bearer(secret)));
    CHECK(answer.status == 200);
    CHECK(answer.head.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(answer.body ==
          R"({"rollouts":[{"namespace":"ml","name":"iris","component":"predictor","stable":"iris-predictor-00001",)"
          R"("canary":"iris-predictor-00002","percent":10,"next":25,"dwell_left_seconds":62,)"
          R"("held_by":["dwell","frozen"]},{"namespace":"web","name":"shop","component":"transformer","stable":"a",)"
          R"("canary":"b","percent":100,"next":null,"dwell_left_seconds":null,"held_by":[]}]})"
          "\n");
  }
  CHECK(running.lists() == std::vector<std::vector<Namespace>>(3));
}

TEST_CASE("a list is bound to the namespace asked for and to those of the client") {
  ApiServer running;
  CHECK(running.ask(api_get(std::string(path) + "?namespace=web", bearer(viewer_token))).status == 200);
  CHECK(running.lists().back() == std::vector<Namespace>{Namespace("web")});
  CHECK(running.ask(api_get(path, bearer(bound_token))).status == 200);
  CHECK(running.lists().back() == std::vector<Namespace>{Namespace("ml")});
  CHECK(running.ask(api_get(std::string(path) + "?namespace=ml", bearer(bound_token))).status == 200);
  CHECK(running.lists().size() == 3);
  const auto answer = running.ask(api_get(std::string(path) + "?namespace=web", bearer(bound_token)));
  CHECK(answer.status == 403);
  CHECK(answer.body.find("expected a namespace that this client is bound to, got web") != std::string::npos);
  CHECK(running.lists().size() == 3);
}

TEST_CASE("HEAD is answered as GET without a body") {
  ApiServer running;
  Client client(running.port());
  client.send(api_get(path, bearer(viewer_token), "HEAD"));
  const auto answer = client.answer(Client::Ms(8000), true);
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

TEST_CASE("a list may be asked for by a page of its own and from an address bar") {
  ApiServer running;
  CHECK(running.ask(api_get(path, bearer(viewer_token) + "Origin: https://canaryd\r\n")).status == 200);
}

}  // namespace canaryd::web::test
