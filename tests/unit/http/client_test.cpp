#include "canaryd/http/client.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "http/client_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

// Answers every request of a connection with `body`, and notes it.
MisbehavingServer::Script answering(Journal& journal, std::string body = "ok") {
  return [&journal, body = std::move(body)](Peer& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      journal.add(request);
      peer.answer(200, body);
    }
  };
}

milliseconds since(SteadyTime began) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

}  // namespace

TEST_CASE("a connection is kept and used again") {
  Journal journal;
  MisbehavingServer server(answering(journal));
  http::Client client(endpoint_of(server));
  for (int i = 0; i < 5; ++i) CHECK(client.send(get("/a?b=%20")).value().body == "ok");
  CHECK(server.connections() == 1);
  CHECK(journal.count("GET /a?b=%20 HTTP/1.1\r\n") == 5);
}

TEST_CASE("a request carries its method and headers and body and no more") {
  Journal journal;
  MisbehavingServer server(answering(journal));
  http::Client client(endpoint_of(server));
  auto post = patch("{\"a\":1}");
  post.method = http::Method::post;
  CHECK(client.send(post).has_value());
  CHECK(client.send(get("/after")).has_value());  // nothing of the POST is left in it
  const auto requests = journal.all();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].starts_with("POST /thing HTTP/1.1\r\n"));
  CHECK(requests[0].ends_with("\r\n\r\n{\"a\":1}"));
  CHECK(requests[1].starts_with("GET /after HTTP/1.1\r\n"));
  CHECK(requests[1].find("Content-") == std::string::npos);
  CHECK(requests[1].find("Accept-Encoding") == std::string::npos);
}

TEST_CASE("a body with null bytes is sent whole") {
  Journal journal;
  MisbehavingServer server(answering(journal));
  http::Client client(endpoint_of(server));
  const std::string body("a\0b", 3);
  CHECK(client.send(patch(body)).has_value());
  CHECK(journal.all().at(0).ends_with(body));
}

TEST_CASE("a large body is sent at once without asking to continue") {
  Journal journal;
  MisbehavingServer server(answering(journal));
  http::Client client(endpoint_of(server));
  CHECK(client.send(patch(std::string(2u << 20, ' '))).has_value());
  CHECK(journal.all().at(0).find("Expect") == std::string::npos);
}

TEST_CASE("any status is a response and none is followed") {
  MisbehavingServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(302, "there", "Location: /elsewhere\r\nRetry-After: 3\r\n");
    peer.hang();
  });
  http::Client client(endpoint_of(server));
  const auto answer = client.send(get());
  REQUIRE(answer.has_value());
  CHECK(answer->status == 302);
  CHECK(answer->body == "there");
  CHECK(answer->retry_after == seconds(3));
  CHECK(server.connections() == 1);
}

TEST_CASE("the deadline holds while the server is silent or drips") {
  const auto time_of = [](MisbehavingServer::Script script) {
    MisbehavingServer server(std::move(script));
    http::Client client(endpoint_of(server));
    const auto began = std::chrono::steady_clock::now();
    const auto answer = client.send(get("/", milliseconds(300)));
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == ErrorKind::unavailable);
    return since(began);
  };
  const auto silent = time_of([](Peer& peer) { peer.hang(); });
  CHECK(silent >= milliseconds(290));
  CHECK(silent < seconds(5));
  const auto dripping = time_of([](Peer& peer) {
    peer.open_stream();
    for (int i = 0; i < 500; ++i) {
      peer.chunk("x");
      peer.pause(milliseconds(10));
    }
  });
  CHECK(dripping >= milliseconds(290));
  CHECK(dripping < seconds(5));
}

TEST_CASE("an answer above the limit fails and the next one is as good as ever") {
  Journal journal;
  MisbehavingServer server(answering(journal, std::string(5000, 'x')));
  http::Client client(endpoint_of(server));
  auto request = get();
  request.max_body = 4999;
  const auto answer = client.send(request);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::unavailable);
  request.max_body = 5000;
  CHECK(client.send(request).has_value());
}

TEST_CASE("a GET ends soon when it is stopped and a PATCH goes on") {
  MisbehavingServer server([](Peer& peer) {
    const bool write = peer.read_request().starts_with("PATCH");
    if (!write) return peer.hang();
    peer.pause(milliseconds(300));
    peer.answer(200, "done");
    peer.hang();
  });
  http::Client client(endpoint_of(server));
  std::atomic<bool> stop{false};
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop = true;
  });
  auto request = get("/", seconds(20));
  request.stop = &stop;
  const auto answer = client.send(request);
  stopper.join();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::cancelled);
  auto write = patch();
  write.stop = &stop;
  CHECK(client.send(write).value().body == "done");
}

TEST_CASE("at most 32 exchanges run at once and the others wait until their deadline") {
  std::atomic<int> open{0};
  std::atomic<bool> release{false};
  MisbehavingServer server([&](Peer& peer) {
    if (peer.read_request().empty()) return;
    ++open;
    while (!release) peer.pause(milliseconds(5));
    peer.answer(200, "ok");
    peer.hang();
  });
  http::Client client(endpoint_of(server));
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&] { answered += client.send(get("/", seconds(60))).has_value() ? 1 : 0; });
  }
  while (open < 32) std::this_thread::sleep_for(milliseconds(2));
  const auto waited = client.send(patch("[]", milliseconds(200)));
  REQUIRE_FALSE(waited.has_value());
  CHECK(waited.error().kind == ErrorKind::unavailable);
  CHECK(open == 32);
  release = true;
  for (auto& thread : threads) thread.join();
  CHECK(answered == 32);
  CHECK(server.connections() == 32);
}

TEST_CASE("a proxy named by the environment is not asked") {
  Journal journal;
  MisbehavingServer proxy(answering(journal));
  MisbehavingServer server(answering(journal));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
  http::Client client(endpoint_of(server));
  const auto answer = client.send(get());
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  CHECK(answer.has_value());
  CHECK(proxy.connections() == 0);
}

TEST_CASE("another scheme than http and https is refused") {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1:1", "gopher://127.0.0.1:1"}) {
    http::Endpoint endpoint;
    endpoint.base_url = url;
    http::Client client(endpoint);
    CHECK_FALSE(client.send(get("")).has_value());
  }
}

TEST_CASE("an IPv6 address is reached") {
  Journal journal;
  MisbehavingServer server(answering(journal), AF_INET6);
  if (!server.usable()) return;  // a machine without IPv6
  http::Client client(endpoint_of(server));
  CHECK(client.send(get()).has_value());
}
