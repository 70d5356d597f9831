#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t slots = 16;

Timing impatient() {
  Timing timing;
  timing.handshake = milliseconds(400);
  timing.request = milliseconds(600);
  timing.linger = milliseconds(200);
  return timing;
}

void small(ServerSettings& settings) { settings.max_connections = slots; }

// Drips a byte each 20 ms until the server has had enough; the time that took.
milliseconds drip(Client& client, const std::string& bytes) {
  const auto began = std::chrono::steady_clock::now();
  for (const char c : bytes) {
    if (client.readable_within(milliseconds(20)) || !client.send(std::string_view(&c, 1))) break;
  }
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

std::string attacker(std::size_t i) { return "127.0.0." + std::to_string(2 + i); }

// Connections from ten addresses, as many as each may hold and more.
std::vector<Client> crowd(int port, bool tls, const std::string& first_bytes) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 4 * slots; ++i) {
    ClientOptions options;
    options.source = attacker(i % 10);
    options.tls = tls;
    Client client(port, options);
    if (client.connected() && !first_bytes.empty()) client.send(first_bytes);
    clients.push_back(std::move(client));
  }
  return clients;
}

std::size_t still_open(std::vector<Client>& clients) {
  std::size_t open = 0;
  for (auto& client : clients) open += client.connected() && !client.closed_within(milliseconds(1)) ? 1u : 0u;
  return open;
}

}  // namespace

TEST_CASE("a head that drips is closed at the request's one deadline") {
  RunningServer running({}, impatient());
  Client client(running.port());
  CHECK(drip(client, honest_request("X: " + std::string(4000, 'x') + "\r\n")) < milliseconds(5000));
  CHECK(client.answer().status == 408);
  CHECK(client.closed_within(milliseconds(3000)));
  CHECK(running.refused_for("too_slow"));
}

TEST_CASE("a body that drips is closed at the request's one deadline") {
  RunningServer running({}, impatient());
  Client client(running.port());
  const std::string request = honest_request();
  const std::size_t body_at = request.find("\r\n\r\n") + 4;
  client.send(request.substr(0, body_at));
  CHECK(drip(client, request.substr(body_at)) < milliseconds(5000));
  CHECK(client.closed_within(milliseconds(3000)));
  CHECK(running.refused_for("too_slow"));
  CHECK(running.deliveries().empty());
}

TEST_CASE("a handshake that does not come is given up") {
  RunningServer running({}, impatient());
  ClientOptions options;
  options.tls = false;
  Client client(running.port(), options);
  CHECK(client.closed_within(milliseconds(5000)));
  CHECK(running.refused_for("tls_handshake"));
}

TEST_CASE("what is no TLS is closed and counted") {
  RunningServer running;
  ClientOptions options;
  options.tls = false;
  Client client(running.port(), options);
  client.send("GET / HTTP/1.1\r\nHost: c\r\n\r\n");
  CHECK(client.closed_within(milliseconds(5000)));
  CHECK(running.refused_for("tls_handshake"));
}

TEST_CASE("a connection that never asks anything is closed") {
  Timing timing;
  timing.first_idle = milliseconds(300);
  RunningServer running({}, timing);
  Client silent(running.port());
  Client honest(running.port());
  CHECK(honest.exchange(honest_request()).status == 200);
  CHECK(silent.closed_within(milliseconds(5000)));
  CHECK(honest.exchange(honest_request()).status == 200);  // between requests it may be idle for longer
}

TEST_CASE("an honest client is served while idle ones hold all the connections they can get") {
  RunningServer running(small);
  auto clients = crowd(running.port(), true, "");
  for (int i = 0; i < 5; ++i) CHECK(running.serves_honest_client());
  CHECK(still_open(clients) <= slots);
}

TEST_CASE("an honest client is served while slow ones hold all the connections they can get") {
  RunningServer running(small);
  auto clients = crowd(running.port(), true, "POST /webhooks/alertmanager HTTP/1.1\r\nHost: c\r\nX: ");
  for (int i = 0; i < 5; ++i) CHECK(running.serves_honest_client());
  CHECK(still_open(clients) <= slots);
}

TEST_CASE("an honest client is served while clients without a handshake hold all the connections they can get") {
  RunningServer running(small);
  auto clients = crowd(running.port(), false, "");
  for (int i = 0; i < 5; ++i) CHECK(running.serves_honest_client());
  CHECK(still_open(clients) <= slots);
}

TEST_CASE("honest keep-alive connections survive a crowd of strangers") {
  RunningServer running(small);
  Client alertmanager(running.port());
  CHECK(alertmanager.exchange(honest_request()).status == 200);
  std::this_thread::sleep_for(milliseconds(50));
  auto clients = crowd(running.port(), false, "");
  std::this_thread::sleep_for(milliseconds(1100));  // strangers without credentials for a second go first
  auto more = crowd(running.port(), false, "");
  CHECK(running.serves_honest_client());
}

TEST_CASE("when listed clients idle on every connection the one idle for longest gives way") {
  RunningServer running(small);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < slots; ++i) {
    ClientOptions options;
    options.source = attacker(i % 8);
    clients.emplace_back(running.port(), options);
    REQUIRE(clients.back().exchange(honest_request()).status == 200);
  }
  CHECK(running.serves_honest_client("127.0.0.1"));
  CHECK(clients.front().closed_within(milliseconds(3000)));
  CHECK(clients.back().exchange(honest_request()).status == 200);
}

TEST_CASE("no peer address holds more than a quarter of the connections") {
  RunningServer running(small);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < slots; ++i) {
    clients.emplace_back(running.port());
    REQUIRE(clients.back().connected());
  }
  CHECK(clients[0].closed_within(milliseconds(3000)));
  CHECK(still_open(clients) == slots / 4);
}

TEST_CASE("running requests never give way and what is above them is refused") {
  RunningServer running([](ServerSettings& settings) { settings.max_connections = 4; });
  std::atomic<int> inside{0};
  std::atomic<bool> go{false};
  running.answer_with([&](const auto&, const auto&) {
    ++inside;
    while (!go) std::this_thread::sleep_for(milliseconds(5));
    return engine::Answer{200, "done"};
  });
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 4; ++i) {
    ClientOptions options;
    options.source = attacker(i);
    clients.emplace_back(running.port(), options);
    clients.back().send(honest_request());
  }
  for (int i = 0; i < 500 && inside < 4; ++i) std::this_thread::sleep_for(milliseconds(10));
  REQUIRE(inside == 4);
  Client above(running.port());
  CHECK_FALSE(above.connected());
  CHECK(running.refused_for("too_many_connections"));
  go = true;
  for (auto& client : clients) CHECK(client.answer().status == 200);
  CHECK(running.serves_honest_client());
}

}  // namespace canaryd::web::test
