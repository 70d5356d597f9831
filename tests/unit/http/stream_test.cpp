#include <doctest/doctest.h>

#include <stdexcept>

#include "http/client_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

// What a stream gave.
struct Streamed {
  std::vector<std::string> lines;
  Result<http::Response> end = http::Response{};
};

Streamed stream_of(MisbehavingServer::Script script, milliseconds idle = seconds(10), std::size_t max_line = 1u << 20,
                   std::size_t wanted = 1000, milliseconds deadline = seconds(20)) {
  MisbehavingServer server(std::move(script));
  http::Client client(endpoint_of(server));
  Streamed streamed;
  const std::atomic<bool> stop{false};
  streamed.end = client.stream(
      get("/", deadline), idle, stop,
      [&](std::string_view line) {
        streamed.lines.emplace_back(line);
        return streamed.lines.size() < wanted;
      },
      max_line);
  return streamed;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a stream gives each line as soon as it is whole however it was cut into pieces") {
  const auto streamed = stream_of([](Peer& peer) {
    peer.read_request();
    peer.open_stream();
    for (const char* piece : {"on", "e\ntw", "o\n\nthr", "e", "e\nfour\nfi"}) {
      peer.chunk(piece);
      peer.pause(milliseconds(20));
    }
    peer.end_stream();
  });
  REQUIRE(streamed.end.has_value());
  CHECK(streamed.end->status == 200);
  CHECK(streamed.lines == Lines{"one", "two", "", "three", "four"});
}

TEST_CASE("a line is given before the next one is sent") {
  std::atomic<bool> seen{false};
  MisbehavingServer server([&](Peer& peer) {
    peer.read_request();
    peer.open_stream();
    peer.chunk("first\n");
    while (!seen) peer.pause(milliseconds(1));
    peer.chunk("second\n");
    peer.end_stream();
  });
  http::Client client(endpoint_of(server));
  const std::atomic<bool> stop{false};
  int opened = 0;
  const auto end = client.stream(
      get(), seconds(10), stop, [&](std::string_view) { return seen = true, true; }, 100, [&] { ++opened; });
  CHECK(end.has_value());
  CHECK(opened == 1);
}

TEST_CASE("a stream that is opened and silent is known to be open") {
  MisbehavingServer server([](Peer& peer) {
    peer.read_request();
    peer.open_stream();
    peer.hang();
  });
  http::Client client(endpoint_of(server));
  std::atomic<bool> stop{false};
  const auto end =
      client.stream(get(), seconds(10), stop, [](std::string_view) { return true; }, 100, [&] { stop = true; });
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().kind == ErrorKind::cancelled);
}

TEST_CASE("a reader that has enough ends the stream") {
  const auto streamed = stream_of(
      [](Peer& peer) {
        peer.read_request();
        peer.open_stream();
        peer.chunk("one\ntwo\nthree\n");
        peer.hang();
      },
      seconds(10), 100, 2);
  CHECK(streamed.end.has_value());
  CHECK(streamed.lines == Lines{"one", "two"});
}

TEST_CASE("a stream without a byte for the idle time is unavailable") {
  const auto began = std::chrono::steady_clock::now();
  const auto streamed = stream_of(
      [](Peer& peer) {
        peer.read_request();
        peer.open_stream();
        peer.chunk("one\n");
        peer.hang();
      },
      milliseconds(200));
  REQUIRE_FALSE(streamed.end.has_value());
  CHECK(streamed.end.error().kind == ErrorKind::unavailable);
  CHECK(streamed.end.error().message == "no byte came for 200ms");
  CHECK(std::chrono::steady_clock::now() - began < seconds(5));
  CHECK_FALSE(stream_of([](Peer& peer) { peer.hang(); }, milliseconds(200)).end.has_value());
}

TEST_CASE("bytes that come within the idle time keep a stream open") {
  const auto streamed = stream_of(
      [](Peer& peer) {
        peer.read_request();
        peer.open_stream();
        for (int i = 0; i < 10; ++i) {
          peer.pause(milliseconds(100));
          peer.chunk("x");
        }
        peer.chunk("\n");
        peer.end_stream();
      },
      milliseconds(600));
  CHECK(streamed.end.has_value());
  CHECK(streamed.lines == Lines{"xxxxxxxxxx"});
}

TEST_CASE("a stream that is cut off is unavailable after its whole lines") {
  const auto streamed = stream_of([](Peer& peer) {
    peer.read_request();
    peer.open_stream();
    peer.chunk("one\ntw");
  });
  REQUIRE_FALSE(streamed.end.has_value());
  CHECK(streamed.end.error().kind == ErrorKind::unavailable);
  CHECK(streamed.lines == Lines{"one"});
}

TEST_CASE("a stream past its deadline is unavailable") {
  const auto streamed = stream_of(
      [](Peer& peer) {
        peer.read_request();
        peer.open_stream();
        peer.hang();
      },
      seconds(10), 100, 1000, milliseconds(200));
  REQUIRE_FALSE(streamed.end.has_value());
  CHECK(streamed.end.error().kind == ErrorKind::unavailable);
}

TEST_CASE("a line at the limit is given and a longer one ends the stream") {
  const auto of_length = [](std::size_t length) {
    return stream_of(
        [length](Peer& peer) {
          peer.read_request();
          peer.open_stream();
          peer.chunk(std::string(length, 'x') + "\n");
          peer.end_stream();
        },
        seconds(10), 100000);
  };
  CHECK(of_length(100000).lines.size() == 1);
  const auto longer = of_length(100001);
  REQUIRE_FALSE(longer.end.has_value());
  CHECK(longer.end.error().message == "a line is longer than 100000 bytes");
  CHECK(longer.lines.empty());
}

TEST_CASE("an endless line is cut at the limit") {
  const auto streamed = stream_of(
      [](Peer& peer) {
        peer.read_request();
        peer.open_stream();
        for (int i = 0; i < 2000; ++i) peer.chunk(std::string(1024, 'x'));
        peer.hang();
      },
      seconds(10), 64u << 10);
  CHECK_FALSE(streamed.end.has_value());
}

TEST_CASE("another status than 200 is a response with its body and no lines") {
  const auto streamed = stream_of([](Peer& peer) {
    peer.read_request();
    peer.answer(410, "too\nold\n");
  });
  REQUIRE(streamed.end.has_value());
  CHECK(streamed.end->status == 410);
  CHECK(streamed.end->body == "too\nold\n");
  CHECK(streamed.lines.empty());
}

TEST_CASE("what a reader throws comes out of the stream") {
  MisbehavingServer server([](Peer& peer) {
    peer.read_request();
    peer.open_stream();
    peer.chunk("one\n");
    peer.hang();
  });
  http::Client client(endpoint_of(server));
  const std::atomic<bool> stop{false};
  CHECK_THROWS_AS(static_cast<void>(client.stream(get(), seconds(10), stop,
                                                  [](std::string_view) -> bool { throw std::runtime_error("full"); })),
                  std::runtime_error);
}

TEST_CASE("only a GET is streamed") {
  http::Client client({"http://127.0.0.1:1", "", "", ""});
  const std::atomic<bool> stop{false};
  const auto end = client.stream(patch(), seconds(1), stop, [](std::string_view) { return true; });
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().kind == ErrorKind::invalid);
}
