#include <doctest/doctest.h>

#include "api_requests.hpp"

namespace canaryd::web::test {

namespace {

const std::string act = "/api/v1/rollouts/ml/iris/rollback";
const std::string list = "/api/v1/rollouts";
const std::string why = R"({"reason":"x"})";
const std::string as_alice = bearer(operator_token);

struct Case {
  std::string what;
  std::string request;
  int status;
  std::string reason;
};

std::vector<Case> heads() {
  const std::string length = "Content-Length: 14\r\n";
  return {
      {"no credentials", api_post(act, why, in_json), 401, "unauthenticated"},
      {"a wrong token", api_post(act, why, bearer("wrong-wrong-wrong-wrong") + in_json), 401, "unauthenticated"},
      {"a list without credentials", api_get(list, ""), 401, "unauthenticated"},
      {"a viewer acts", api_post(act, why, bearer(viewer_token) + in_json), 403, "forbidden"},
      {"an alert's client acts", api_post(act, why, bearer(token) + in_json), 403, "forbidden"},
      {"an alert's client lists", api_get(list, bearer(token)), 403, "forbidden"},
      {"an operator delivers", honest_request().replace(honest_request().find(token), token.size(), operator_token),
       403, "forbidden"},
      {"a page of another site", api_post(act, why, as_alice + in_json + "Origin: https://evil.example\r\n"), 403,
       "foreign_origin"},
      {"a page of no site", api_post(act, why, as_alice + in_json + "Origin: null\r\n"), 403, "foreign_origin"},
      {"an empty Origin", api_post("/api/v1/stop", why, as_alice + in_json + "Origin:\r\n"), 403, "foreign_origin"},
      {"a page's stop", api_post("/api/v1/stop", why, as_alice + in_json + "oRIGIN: https://canaryd\r\n"), 403,
       "foreign_origin"},
      {"an unknown path", api_post("/api/v1/rollout", why), 404, "not_found"},
      {"an unknown version", api_post("/api/v2/stop", why), 404, "not_found"},
      {"an unknown verb", api_post("/api/v1/rollouts/ml/iris/delete", why), 404, "not_found"},
      {"a verb of a service without one", api_post("/api/v1/rollback", why), 404, "not_found"},
      {"a stop of a service", api_post("/api/v1/rollouts/ml/iris/stop", why), 404, "not_found"},
      {"a path that ends early", api_post("/api/v1/rollouts/ml/rollback", why), 404, "not_found"},
      {"a path with a segment more", api_post(act + "/now", why), 404, "not_found"},
      {"a path with a slash more", api_post(act + "/", why), 404, "not_found"},
      {"a path with a slash before", api_post("/" + act, why), 404, "not_found"},
      {"a list with a slash more", api_get(list + "/", as_alice), 404, "not_found"},
      {"a star", api_post("/api/v1/rollouts/*/*", why), 404, "not_found"},
      {"an encoded verb", api_post("/api/v1/%73top", why), 404, "not_found"},
      {"GET of an act", api_get(act, as_alice), 405, "method_not_allowed"},
      {"DELETE of an act", api_get("/api/v1/stop", as_alice, "DELETE"), 405, "method_not_allowed"},
      {"POST of the list", api_post(list, why), 405, "method_not_allowed"},
      {"text", api_post(act, why, as_alice + "Content-Type: text/plain\r\n"), 415, "bad_media_type"},
      {"a form", api_post(act, why, as_alice + "Content-Type: application/x-www-form-urlencoded\r\n"), 415,
       "bad_media_type"},
      {"no media type", api_post(act, why, as_alice), 415, "bad_media_type"},
      {"a gzip body", api_post(act, why, as_alice + in_json + "Content-Encoding: gzip\r\n"), 415, "bad_media_type"},
      {"no length", post(as_alice + in_json, "", act), 411, "length_required"},
      {"a chunked body", post(as_alice + in_json + "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n", act), 411,
       "length_required"},
      {"a body of 1 MiB and a byte", post(as_alice + in_json + "Content-Length: 1048577\r\n", "{}", act), 413,
       "too_large"},
      {"a list with a body", api_get(list, as_alice + length) + why, 413, "too_large"},
      {"a negative length", post(as_alice + in_json + "Content-Length: -2\r\n", "{}", act), 400, "malformed"},
      {"a namespace in capitals", api_post("/api/v1/rollouts/ML/iris/hold", why), 400, "malformed"},
      {"an encoded namespace", api_post("/api/v1/rollouts/%6dl/iris/hold", why), 400, "malformed"},
      {"an empty namespace", api_post("/api/v1/rollouts//iris/hold", why), 400, "malformed"},
      {"a name with a dot", api_post("/api/v1/rollouts/ml/iris.2/hold", why), 400, "malformed"},
      {"a name that climbs", api_post("/api/v1/rollouts/ml/../hold", why), 400, "malformed"},
      {"a name of 64 letters", api_post("/api/v1/rollouts/ml/" + std::string(64, 'a') + "/hold", why), 400,
       "malformed"},
      {"an act with a query", api_post(act + "?namespace=ml", why), 400, "malformed"},
      {"an act with an empty query", api_post(act + "?", why), 400, "malformed"},
      {"a list with an unknown query", api_get(list + "?name=iris", as_alice), 400, "malformed"},
      {"a list of a namespace that is none", api_get(list + "?namespace=a/b", as_alice), 400, "malformed"},
      {"a list of two namespaces", api_get(list + "?namespace=a&namespace=b", as_alice), 400, "malformed"},
  };
}

}  // namespace

TEST_CASE("each request to the API that is refused on its head ends its connection and the next one is served") {
  ApiServer running;
  for (const auto& c : heads()) {
    INFO(c.what);
    const std::size_t refusals_before = running.refusals().size();
    Client client(running.port());
    REQUIRE(client.connected());
    // What follows a refused request is its unread body or an attack: it must never be executed.
    const auto answer = client.exchange(c.request + api_post("/api/v1/stop", why));
    CHECK(answer.status == c.status);
    CHECK(answer.head.find("Connection: close") != std::string::npos);
    CHECK(client.closed_within(Client::Ms(5000)));
    REQUIRE(running.refusals().size() == refusals_before + 1);
    CHECK(running.refusals().back() == c.reason);
  }
  CHECK(running.commands().empty());
  CHECK(running.lists().empty());
  CHECK(running.deliveries().empty());
  CHECK(running.ask(api_post(act, why)).status == 200);
}

TEST_CASE("a refusal of the API is JSON that says how to do better") {
  ApiServer running;
  const auto viewer = running.ask(api_post(act, why, bearer(viewer_token) + in_json));
  CHECK(viewer.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(viewer.body ==
        R"({"verdict":"refuse","reason":"forbidden","id":"","message":"expected a client of role operate"})"
        "\n");
  CHECK(running.ask(api_get(list, bearer(token))).body.find("expected a client of role view or operate") !=
        std::string::npos);
  CHECK(running.ask(api_get(act, as_alice)).head.find("Allow: POST\r\n") != std::string::npos);
  CHECK(running.ask(api_post(list, why)).head.find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK(running.ask(api_post(act, why, in_json)).head.find("WWW-Authenticate: Bearer\r\n") != std::string::npos);
  // A path that is none has no form of its own.
  CHECK(running.ask(api_get("/api", as_alice)).body == "no such path\n");
}

TEST_CASE("the webhook takes a notification whatever its Origin") {
  ApiServer running;
  CHECK(running.ask(honest_request("Origin: https://a.example\r\n")).status == 200);
}

TEST_CASE("the whole body of a refused act may be under way and the answer still arrives") {
  ApiServer running;
  Client client(running.port());
  const std::string body(2U << 20, 'x');
  CHECK(client.send(api_post(act, body)));
  const auto answer = client.answer();
  CHECK(answer.status == 413);
  CHECK(answer.body.find("expected a body of at most 1 MiB") != std::string::npos);
  CHECK(running.ask(api_post(act, why)).status == 200);
}

TEST_CASE("an act of exactly 1 MiB is read") {
  ApiServer running;
  std::string body = why;
  body.resize(max_body, ' ');
  CHECK(running.ask(api_post(act, body)).status == 200);
}

TEST_CASE("a token taken away or given another role counts from the next request on") {
  ApiServer running;
  Client client(running.port());
  CHECK(client.exchange(api_post(act, why)).status == 200);
  running.settings.tokens[1].role = Role::view;
  REQUIRE(running.server->reconfigure(running.settings));
  CHECK(client.exchange(api_post(act, why)).status == 403);
  CHECK(running.commands().size() == 1);
}

}  // namespace canaryd::web::test
