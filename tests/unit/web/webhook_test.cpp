#include <doctest/doctest.h>

#include <stdexcept>

#include "fixture.hpp"

namespace canaryd::web::test {

TEST_CASE("an honest notification reaches the handler with who brought it") {
  RunningServer running([](ServerSettings& settings) { settings.tokens[0].namespaces = {Namespace("ml")}; });
  const auto before = std::chrono::steady_clock::now();
  Client client(running.port());
  const auto answer = client.exchange(honest_request("", "/webhooks/alertmanager?namespace=ml&inferenceservice=iris"));
  CHECK(answer.status == 200);
  CHECK(answer.body == "done\n");
  CHECK(answer.head.find("Content-Type: text/plain; charset=utf-8") != std::string::npos);
  const auto deliveries = running.deliveries();
  REQUIRE(deliveries.size() == 1);
  CHECK(deliveries[0].actor == "token:am");
  CHECK(deliveries[0].peer.rfind("127.0.0.1:", 0) == 0);
  CHECK(deliveries[0].namespaces == std::vector<Namespace>{Namespace("ml")});
  CHECK(deliveries[0].url.ns == Namespace("ml"));
  CHECK(deliveries[0].url.name == ServiceName("iris"));
  CHECK(deliveries[0].deadline >= before + std::chrono::seconds(8));
  CHECK(deliveries[0].deadline <= std::chrono::steady_clock::now() + std::chrono::seconds(8));
}

TEST_CASE("what the handler answers is what Alertmanager is told, and the connection is kept") {
  RunningServer running;
  running.answer_with([](const auto&, const auto&) { return engine::Answer{503, "cluster_unavailable"}; });
  Client client(running.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.exchange(honest_request());
    CHECK(answer.status == 503);
    CHECK(answer.body == "cluster_unavailable\n");
  }
  CHECK(client.exchange(honest_request("Connection: close\r\n")).status == 503);
  CHECK(client.closed_within(Client::Ms(3000)));
  CHECK(running.deliveries().size() == 4);
}

TEST_CASE("two requests in one write are answered one after the other") {
  RunningServer running;
  Client client(running.port());
  client.send(honest_request() + honest_request());
  CHECK(client.answer().status == 200);
  CHECK(client.answer().status == 200);
}

TEST_CASE("a request that comes byte by byte is served") {
  RunningServer running;
  Client client(running.port());
  const std::string request = honest_request();
  for (const char c : request) REQUIRE(client.send(std::string_view(&c, 1)));
  CHECK(client.answer().status == 200);
}

TEST_CASE("a client that expects a 100 is told to go on before it sends its body") {
  RunningServer running;
  Client client(running.port());
  const std::string request = honest_request("Expect: 100-continue\r\n");
  const std::size_t body_at = request.find("\r\n\r\n") + 4;
  client.send(request.substr(0, body_at));
  CHECK(client.answer().status == 100);
  CHECK(client.exchange(request.substr(body_at)).status == 200);
}

TEST_CASE("a client that expects a 100 but is not listed gets a 401 instead") {
  RunningServer running;
  Client client(running.port());
  CHECK(client.exchange(post("Expect: 100-continue\r\nContent-Length: 5\r\n", "")).status == 401);
}

TEST_CASE("what a handler throws is neither told nor ends the process") {
  RunningServer running;
  running.answer_with([](const auto&, const auto&) -> engine::Answer { throw std::runtime_error("the secret"); });
  Client client(running.port());
  const auto answer = client.exchange(honest_request());
  CHECK(answer.status == 500);
  CHECK(answer.head.find("secret") == std::string::npos);
  CHECK(answer.head.find("EXCEPTION_WHAT") == std::string::npos);
  CHECK(answer.body == "internal error\n");
  running.answer_with([](const auto&, const auto&) -> engine::Answer { throw 7; });
  CHECK(client.exchange(honest_request()).status == 500);
  running.answer_with([](const auto&, const auto&) { return engine::Answer{200, "done"}; });
  CHECK(client.exchange(honest_request()).status == 200);
}

TEST_CASE("a body that is no notification is a 400 that says where, and the connection is kept") {
  RunningServer running;
  Client client(running.port());
  const std::string headers =
      "Authorization: Bearer " + token + "\r\nContent-Type: application/json; charset=utf-8\r\n";
  const std::string bad = R"({"version":"4","x":"\u001b[2J)";
  const auto answer = client.exchange(post(headers + "Content-Length: " + std::to_string(bad.size()) + "\r\n", bad));
  CHECK(answer.status == 400);
  CHECK(answer.body.size() > 5);
  CHECK(answer.body.find('\x1b') == std::string::npos);
  CHECK(client.exchange(honest_request()).status == 200);
  CHECK(running.deliveries().size() == 1);
}

TEST_CASE("answers and refusals are counted") {
  RunningServer running;
  CHECK(running.serves_honest_client());
  Client client(running.port());
  CHECK(client.exchange("GET /nothing HTTP/1.1\r\nHost: c\r\n\r\n").status == 404);
  CHECK(running.refused_for("not_found"));
  const std::string text = running.metrics.text();
  CHECK(text.find("canaryd_http_requests_total{code=\"200\",listener=\"webhook\"} 1") != std::string::npos);
  CHECK(text.find("canaryd_http_refused_total{listener=\"webhook\",reason=\"not_found\"} 1") != std::string::npos);
  CHECK(text.find("canaryd_certificate_not_after_seconds") != std::string::npos);
}

}  // namespace canaryd::web::test
