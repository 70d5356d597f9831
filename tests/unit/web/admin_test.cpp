#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

struct RunningAdmin {
  RunningAdmin() {
    AdminSettings settings;
    settings.listen = {"127.0.0.1", 0};
    AdminServer::Routes routes;
    routes.healthz = [] { return AdminReply{200, "text/plain; charset=utf-8", "ok\n"}; };
    routes.readyz = []() -> AdminReply { throw std::runtime_error("the secret"); };
    routes.metrics = [] { return AdminReply{200, "text/plain; version=0.0.4", std::string(3u << 20, 'm')}; };
    server = std::move(*AdminServer::create(settings, routes, clock, log, metrics));
    server->start();
  }
  ~RunningAdmin() { server->stop(); }
  Client client(const std::string& source = "127.0.0.1") const {
    ClientOptions options;
    options.tls = false;
    options.source = source;
    return Client(server->port(), options);
  }
  HttpAnswer ask(const std::string& request_line, const std::string& rest = "") const {
    return client().exchange(request_line + " HTTP/1.1\r\nHost: c\r\n" + rest + "\r\n");
  }

  // Clients that pipeline requests for the large answer and never read: each keeps its request from ending.
  std::vector<Client> never_reading(int sources, int of_each) const {
    std::string requests;
    for (int i = 0; i < 20; ++i) requests += "GET /metrics HTTP/1.1\r\nHost: c\r\n\r\n";
    std::vector<Client> clients;
    for (int i = 0; i < sources * of_each; ++i) {
      clients.push_back(client("127.0.0." + std::to_string(2 + i % sources)));
      clients.back().send(requests);
    }
    for (const auto& c : clients) REQUIRE(c.readable_within(Client::Ms(8000)));  // its answer has begun
    return clients;
  }

  SystemClock clock;
  Logger log{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;
  std::unique_ptr<AdminServer> server;
};

}  // namespace

TEST_CASE("the admin listener answers its three paths and nothing else") {
  const RunningAdmin admin;
  CHECK(admin.ask("GET /healthz").body == "ok\n");
  const auto metrics = admin.ask("GET /metrics", "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n");
  CHECK(metrics.status == 200);
  CHECK(metrics.body.size() == 3u << 20);
  CHECK(metrics.head.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(admin.ask("GET /").status == 404);
  CHECK(admin.ask("GET /metrics/").status == 404);
  const auto posted = admin.ask("POST /metrics", "Content-Length: 0\r\n");
  CHECK(posted.status == 405);
  CHECK(posted.head.find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK(admin.ask("GET /healthz", "Content-Length: 5\r\n").status == 413);
  CHECK(admin.ask("GET /healthz", "Transfer-Encoding: chunked\r\n").status == 411);
}

TEST_CASE("HEAD on the admin listener has no body and the connection is kept") {
  const RunningAdmin admin;
  Client client = admin.client();
  client.send("HEAD /healthz HTTP/1.1\r\nHost: c\r\n\r\n");
  const auto answer = client.answer(Client::Ms(3000), true);
  CHECK(answer.status == 200);
  CHECK(answer.head.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(client.exchange("GET /healthz HTTP/1.1\r\nHost: c\r\n\r\n").body == "ok\n");
}

TEST_CASE("what an admin route throws is not told") {
  const RunningAdmin admin;
  const auto answer = admin.ask("GET /readyz");
  CHECK(answer.status == 500);
  CHECK(answer.head.find("secret") == std::string::npos);
  CHECK(answer.body == "internal error\n");
}

TEST_CASE("idle clients do not starve a probe") {
  const RunningAdmin admin;
  std::vector<Client> idle;
  for (std::size_t i = 0; i < 100; ++i) {
    ClientOptions options;
    options.tls = false;
    options.source = "127.0.0." + std::to_string(2 + i % 20);
    idle.emplace_back(admin.server->port(), options);
  }
  for (int i = 0; i < 5; ++i) CHECK(admin.ask("GET /healthz").status == 200);
}

TEST_CASE("clients that pipeline and never read do not keep a probe out") {
  const RunningAdmin admin;
  const auto holding = admin.never_reading(4, 8);  // every slot, by four peers with a quarter each
  for (int i = 0; i < 5; ++i) CHECK(admin.ask("GET /healthz").body == "ok\n");
}

TEST_CASE("a client that does not read its answer is gone after a few seconds") {
  const RunningAdmin admin;
  const auto began = std::chrono::steady_clock::now();
  const auto holding = admin.never_reading(1, 1);
  const std::string counted = R"(reason="too_slow")";
  while (admin.metrics.text().find(counted) == std::string::npos) {
    REQUIRE(std::chrono::steady_clock::now() - began < std::chrono::seconds(8));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace canaryd::web::test
