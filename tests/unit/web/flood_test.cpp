#include <doctest/doctest.h>

#include <fstream>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

constexpr std::size_t mebibyte = 1u << 20;
// What the kernel's buffers and the reading to the end of a refused request may swallow.
constexpr std::size_t swallowed = 24 * mebibyte;

std::size_t anonymous_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "RssAnon:") {
      std::size_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
  }
  return 0;
}

// Sends `beginning`, then `piece` again and again, at most `most` bytes; returns how many the server took.
std::size_t flood(Client& client, const std::string& beginning, const std::string& piece, std::size_t most) {
  if (!client.send(beginning)) return 0;
  std::size_t sent = 0;
  while (sent < most && client.send(piece)) sent += piece.size();
  return sent;
}

struct Flood {
  std::string what;
  std::string beginning;
  std::string piece;
};

}  // namespace

TEST_CASE("floods are cut off in bounded memory and the next honest request is served") {
  const std::string chunked =
      "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  std::string headers;
  while (headers.size() < 16384) headers += "X-" + std::to_string(headers.size()) + ": y\r\n";
  std::string chunks;
  for (int i = 0; i < 16; ++i) chunks += "400\r\n" + std::string(1024, 'x') + "\r\n";
  const std::vector<Flood> floods{
      {"an endless request line", "GET /", std::string(16384, 'a')},
      {"an endless header line", "GET / HTTP/1.1\r\nHost: c\r\nX: ", std::string(16384, 'a')},
      {"headers without end", "GET / HTTP/1.1\r\nHost: c\r\n", headers},
      {"empty lines without end", "", std::string(16384, '\n')},
      {"a chunked body without end", post(chunked, ""), chunks},
      {"a body without end where none is due", "GET / HTTP/1.1\r\nHost: c\r\n\r\n", std::string(16384, 'b')},
  };
  RunningServer running;
  REQUIRE(running.serves_honest_client());
  for (const auto& f : floods) {
    INFO(f.what);
    const std::size_t before = anonymous_memory();
    Client client(running.port());
    const std::size_t taken = flood(client, f.beginning, f.piece, 200 * mebibyte);
    CHECK(taken < swallowed);
    CHECK(client.closed_within(Client::Ms(5000)));
    CHECK(anonymous_memory() < before + 8 * mebibyte);
    CHECK(running.serves_honest_client());
  }
  CHECK(running.refused_for("too_large"));
}

TEST_CASE("pipelined requests without reading the answers end at the deadline in bounded memory") {
  Timing timing;
  timing.request = std::chrono::milliseconds(500);
  RunningServer running({}, timing);
  running.answer_with([](const auto&, const auto&) { return engine::Answer{200, std::string(mebibyte, 'x')}; });
  const std::size_t before = anonymous_memory();
  Client client(running.port());
  const std::size_t taken = flood(client, "", honest_request(), 64 * mebibyte);
  CHECK(taken < swallowed);
  CHECK(running.refused_for("too_slow"));
  CHECK(anonymous_memory() < before + 48 * mebibyte);
}

TEST_CASE("a client that closes in the middle of its body is forgotten") {
  RunningServer running;
  {
    Client client(running.port());
    client.send(honest_request().substr(0, honest_request().size() - 10));
  }
  CHECK(running.serves_honest_client());
  CHECK(running.deliveries().size() == 1);
}

}  // namespace canaryd::web::test
