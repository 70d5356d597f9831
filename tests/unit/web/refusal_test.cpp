#include <doctest/doctest.h>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

const std::string credentials = "Authorization: Bearer " + token + "\r\n";
const std::string json = "Content-Type: application/json\r\n";

struct Case {
  std::string what;
  std::string request;
  int status;
  std::string reason;
};

std::vector<Case> cases() {
  const std::string get = "GET /webhooks/alertmanager HTTP/1.1\r\n";
  const std::string host = "Host: canaryd\r\n";
  return {
      {"no credentials", post(json + "Content-Length: 2\r\n", "{}"), 401, "unauthenticated"},
      {"a wrong token",
       post("Authorization: Bearer wrong-wrong-wrong-wrong\r\n" + json + "Content-Length: 2\r\n", "{}"), 401,
       "unauthenticated"},
      {"another scheme", post("Authorization: Basic YTpi\r\n" + json + "Content-Length: 2\r\n", "{}"), 401,
       "unauthenticated"},
      {"a percent-encoded token is another token",
       post("Authorization: Bearer %63orrect-horse-battery-staple\r\n" + json + "Content-Length: 2\r\n", "{}"), 401,
       "unauthenticated"},
      {"two Authorization headers", post(credentials + credentials + json + "Content-Length: 2\r\n", "{}"), 400,
       "malformed"},
      {"GET on the webhook", get + host + "\r\n", 405, "method_not_allowed"},
      {"DELETE on the webhook", "DELETE /webhooks/alertmanager HTTP/1.1\r\n" + host + "\r\n", 405,
       "method_not_allowed"},
      {"an unknown path", "GET / HTTP/1.1\r\n" + host + "\r\n", 404, "not_found"},
      {"a path with a slash more", "GET /webhooks/alertmanager/ HTTP/1.1\r\n" + host + "\r\n", 404, "not_found"},
      {"an encoded path", "POST /webhooks%2falertmanager HTTP/1.1\r\n" + host + "\r\n", 404, "not_found"},
      {"a chunked body", post(credentials + json + "Transfer-Encoding: chunked\r\n", "5\r\n{\"a\":\r\n"), 411,
       "length_required"},
      {"a chunk of size -2", post(credentials + json + "Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"), 411,
       "length_required"},
      {"chunked and a length", post(credentials + json + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "{}"),
       411, "length_required"},
      {"no length", post(credentials + json, ""), 411, "length_required"},
      {"a gzip body", post(credentials + json + "Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"), 415,
       "bad_media_type"},
      {"text", post(credentials + "Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}"), 415, "bad_media_type"},
      {"a form", post(credentials + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n", "{}"),
       415, "bad_media_type"},
      {"no media type", post(credentials + "Content-Length: 2\r\n", "{}"), 415, "bad_media_type"},
      {"a body of 1 MiB and a byte", post(credentials + json + "Content-Length: 1048577\r\n", "{}"), 413, "too_large"},
      {"a length of 18 digits", post(credentials + json + "Content-Length: 999999999999999999\r\n", "{}"), 413,
       "too_large"},
      {"a negative length", post(credentials + json + "Content-Length: -2\r\n", "{}"), 400, "malformed"},
      {"a length with a sign", post(credentials + json + "Content-Length: +2\r\n", "{}"), 400, "malformed"},
      {"two lengths", post(credentials + json + "Content-Length: 2\r\nContent-Length: 20\r\n", "{}"), 400, "malformed"},
      {"a list of lengths", post(credentials + json + "Content-Length: 2, 2\r\n", "{}"), 400, "malformed"},
      {"another expectation", post(credentials + json + "Expect: tea\r\nContent-Length: 2\r\n", "{}"), 417,
       "malformed"},
      {"white space before the colon", post(credentials + json + "Content-Length : 2\r\n", "{}"), 400, "malformed"},
      {"a folded header", post(credentials + json + "X: a\r\n b\r\nContent-Length: 2\r\n", "{}"), 400, "malformed"},
      {"a bare line feed", post(credentials + "X: a\nContent-Length: 2\r\n", "{}"), 400, "malformed"},
      {"a bare carriage return", post(credentials + "X: a\rb\r\nContent-Length: 2\r\n", "{}"), 400, "malformed"},
      {"a NUL", post(credentials + std::string("X: a\0b\r\n", 8) + "Content-Length: 2\r\n", "{}"), 400, "malformed"},
      {"no Host", get + "\r\n", 400, "malformed"},
      {"two Hosts", get + host + host + "\r\n", 400, "malformed"},
      {"HTTP 2 in words", "POST /webhooks/alertmanager HTTP/2.0\r\n" + host + "\r\n", 400, "malformed"},
      {"HTTP 0.9", "GET /webhooks/alertmanager\r\n\r\n", 400, "malformed"},
      {"an absolute target", "GET http://canaryd/ HTTP/1.1\r\n" + host + "\r\n", 400, "malformed"},
      {"a proxy's method", "CONNECT canaryd:443 HTTP/1.1\r\n" + host + "\r\n", 400, "malformed"},
      {"no HTTP at all", "\r\n\r\n", 400, "malformed"},
      {"an unknown query", honest_request("", "/webhooks/alertmanager?token=x"), 400, "malformed"},
      {"a namespace that is none", honest_request("", "/webhooks/alertmanager?namespace=a/b"), 400, "malformed"},
      {"an encoded namespace", honest_request("", "/webhooks/alertmanager?namespace=%6dl"), 400, "malformed"},
      {"an empty namespace", honest_request("", "/webhooks/alertmanager?namespace="), 400, "malformed"},
      {"a namespace twice", honest_request("", "/webhooks/alertmanager?namespace=a&namespace=a"), 400, "malformed"},
  };
}

}  // namespace

TEST_CASE("each request that is refused ends its connection and the next honest one is served") {
  RunningServer running;
  std::size_t served = 0;
  for (const auto& c : cases()) {
    INFO(c.what);
    const std::size_t refusals_before = running.refusals().size();
    Client client(running.port());
    REQUIRE(client.connected());
    // What follows a refused request is its unread body or an attack: it must never be executed.
    const auto answer = client.exchange(c.request + honest_request());
    CHECK(answer.status == c.status);
    CHECK(answer.head.find("Connection: close") != std::string::npos);
    CHECK(client.closed_within(Client::Ms(5000)));
    REQUIRE(running.refusals().size() == refusals_before + 1);
    CHECK(running.refusals().back() == c.reason);
    CHECK(running.serves_honest_client());
    CHECK(running.deliveries().size() == ++served);
  }
}

TEST_CASE("refusals say how to do better and never redirect") {
  RunningServer running;
  CHECK(Client(running.port())
            .exchange("GET /webhooks/alertmanager HTTP/1.1\r\nHost: c\r\n\r\n")
            .head.find("Allow: POST\r\n") != std::string::npos);
  CHECK(Client(running.port()).exchange(post("Content-Length: 0\r\n", "")).head.find("WWW-Authenticate: Bearer\r\n") !=
        std::string::npos);
  Client head_client(running.port());
  head_client.send("HEAD /webhooks/alertmanager HTTP/1.1\r\nHost: c\r\n\r\n");
  CHECK(head_client.answer(Client::Ms(3000), true).status == 405);
  CHECK(head_client.closed_within(Client::Ms(3000)));
}

TEST_CASE("the whole body of a refused request may be under way and the answer still arrives") {
  RunningServer running;
  Client client(running.port());
  const std::string body(2u << 20, 'x');
  // All of it goes out: a server that closed over unread data would reset the connection, and its answer with it.
  CHECK(client.send(post(credentials + json + "Content-Length: " + std::to_string(body.size()) + "\r\n", body)));
  const auto answer = client.answer();
  CHECK(answer.status == 413);
  CHECK(answer.body == "expected a body of at most 1 MiB\n");
  CHECK(running.serves_honest_client());
}

TEST_CASE("a body of exactly 1 MiB is read") {
  RunningServer running;
  Client client(running.port());
  std::string body = notification_body();
  body.resize(max_body, ' ');
  const auto answer =
      client.exchange(post(credentials + json + "Content-Length: " + std::to_string(body.size()) + "\r\n", body));
  CHECK(answer.status == 200);
}

TEST_CASE("a header cannot name another peer nor forge a line of a log") {
  RunningServer running;
  Client client(running.port());
  CHECK(client
            .exchange(honest_request("REMOTE_ADDR: 10.9.9.9\r\nREMOTE_PORT: 1\r\nX-Forwarded-For: 10.9.9.9\r\n"
                                     "X-Evil: a%0d%0alevel=error event=forged\r\n"))
            .status == 200);
  REQUIRE(running.deliveries().size() == 1);
  CHECK(running.deliveries()[0].peer.rfind("127.0.0.1:", 0) == 0);
}

TEST_CASE("a Range of the longest kind neither overflows a stack nor cuts the answer") {
  RunningServer running;
  Client client(running.port());
  std::string ranges = "Range: bytes=0-0";
  while (ranges.size() < 15000) ranges += ",1-1";
  const auto answer = client.exchange(honest_request(ranges + "\r\n"));
  CHECK(answer.status == 200);
  CHECK(answer.body == "done\n");
}

}  // namespace canaryd::web::test
