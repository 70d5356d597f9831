#include <doctest/doctest.h>

#include "http/client_fixture.hpp"
#include "http/outcome.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

// A keep-alive server that answers each GET and does `on_patch` with the first PATCH.
struct PatchServer {
  Journal journal;
  MisbehavingServer server;
  http::Client client;

  explicit PatchServer(std::function<void(Peer&)> on_patch)
      : server([this, act = std::move(on_patch)](Peer& peer) {
          for (;;) {
            const std::string request = peer.read_request();
            if (request.empty()) return;
            journal.add(request);
            if (!request.starts_with("PATCH")) {
              peer.answer(200, "ok");
              continue;
            }
            act(peer);
            return;
          }
        }),
        client(endpoint_of(server)) {}

  // What becomes of a PATCH on a connection that has been used before.
  Result<http::Response> patch_on_a_reused_connection(milliseconds time = seconds(10)) {
    REQUIRE(client.send(get()).has_value());
    return client.send(patch("[]", time));
  }
};

ErrorKind kind_of_answer(const std::function<void(Peer&)>& on_patch, milliseconds time = seconds(10)) {
  PatchServer lab(on_patch);
  const auto answer = lab.patch_on_a_reused_connection(time);
  REQUIRE_FALSE(answer.has_value());
  CHECK(lab.journal.count("PATCH") == 1);
  CHECK(lab.server.connections() <= 2);
  return answer.error().kind;
}

}  // namespace

TEST_CASE("a PATCH whose reused connection dies after the server applied it arrives once and its outcome is unknown") {
  PatchServer lab([](Peer& peer) { peer.close(); });
  const auto answer = lab.patch_on_a_reused_connection();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::outcome_unknown);
  CHECK(answer.error().message == "the connection died before the answer");
  CHECK(lab.journal.count("PATCH") == 1);
  CHECK(lab.client.send(get()).has_value());  // the client is as good as before
  CHECK(lab.journal.count("PATCH") == 1);
}

TEST_CASE("a GET whose reused connection dies is sent again") {
  MisbehavingServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(200, "ok");
    if (peer.index() > 0) return peer.hang();
    peer.read_request();
    peer.close();
  });
  http::Client client(endpoint_of(server));
  REQUIRE(client.send(get()).has_value());
  const auto again = client.send(get());
  REQUIRE(again.has_value());
  CHECK(again->status == 200);
  CHECK(server.connections() == 2);
}

TEST_CASE("a PATCH that was written and has no whole answer has an unknown outcome") {
  CHECK(kind_of_answer([](Peer& peer) { peer.close(); }) == ErrorKind::outcome_unknown);
  CHECK(kind_of_answer([](Peer& peer) { peer.reset(); }) == ErrorKind::outcome_unknown);
  SUBCASE("no answer until the deadline") {
    CHECK(kind_of_answer([](Peer& peer) { peer.hang(); }, milliseconds(300)) == ErrorKind::outcome_unknown);
  }
  SUBCASE("half a head") {
    CHECK(kind_of_answer([](Peer& peer) { peer.write("HTTP/1.1 200 OK\r\nContent-Le"); }) ==
          ErrorKind::outcome_unknown);
  }
  SUBCASE("half a body") {
    CHECK(kind_of_answer([](Peer& peer) { peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"); }) ==
          ErrorKind::outcome_unknown);
  }
  SUBCASE("a chunked body without its end") {
    CHECK(kind_of_answer([](Peer& peer) {
            peer.open_stream();
            peer.chunk("half");
          }) == ErrorKind::outcome_unknown);
  }
  SUBCASE("a broken chunk size") {
    CHECK(kind_of_answer([](Peer& peer) {
            peer.open_stream();
            peer.write("zz\r\nhalf\r\n");
          }) == ErrorKind::outcome_unknown);
  }
  SUBCASE("garbage") {
    CHECK(kind_of_answer([](Peer& peer) { peer.write("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }) == ErrorKind::outcome_unknown);
  }
  SUBCASE("only a 100") {
    CHECK(kind_of_answer([](Peer& peer) { peer.write("HTTP/1.1 100 Continue\r\n\r\n"); }) ==
          ErrorKind::outcome_unknown);
  }
  SUBCASE("a switch of protocols that nobody asked for") {
    CHECK(kind_of_answer([](Peer& peer) {
            peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
          }) == ErrorKind::outcome_unknown);
  }
  SUBCASE("a body without a length that ends with the connection") {
    CHECK(kind_of_answer([](Peer& peer) { peer.write("HTTP/1.1 200 OK\r\n\r\n{\"whole\":"); }) ==
          ErrorKind::outcome_unknown);
  }
  SUBCASE("an endless head") {
    CHECK(kind_of_answer([](Peer& peer) {
            peer.write("HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < 270; ++i) peer.write("X-Long: " + std::string(1024, 'x') + "\r\n");
            peer.hang();
          }) == ErrorKind::outcome_unknown);
  }
}

TEST_CASE("a PATCH whose answer is longer than the limit has an unknown outcome") {
  PatchServer lab([](Peer& peer) { peer.answer(200, std::string(5000, 'x')); });
  auto request = patch();
  request.max_body = 4096;
  const auto answer = lab.client.send(request);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::outcome_unknown);
  CHECK(answer.error().message == "the answer is longer than 4096 bytes");
}

TEST_CASE("a PATCH that was written in part has an unknown outcome") {
  MisbehavingServer server([](Peer& peer) {
    peer.read_something();
    peer.reset();
  });
  http::Client client(endpoint_of(server));
  const auto answer = client.send(patch(std::string(16u << 20, ' ')));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::outcome_unknown);
}

TEST_CASE("a PATCH after a 100 Continue is answered as usual") {
  PatchServer lab([](Peer& peer) {
    peer.write("HTTP/1.1 100 Continue\r\n\r\n");
    peer.answer(200, "done");
  });
  const auto answer = lab.patch_on_a_reused_connection();
  REQUIRE(answer.has_value());
  CHECK(answer->body == "done");
}

TEST_CASE("an empty answer with its length or a 204 is whole") {
  PatchServer empty([](Peer& peer) { peer.answer(200, ""); });
  CHECK(empty.patch_on_a_reused_connection().has_value());
  PatchServer none([](Peer& peer) { peer.write("HTTP/1.1 204 No Content\r\n\r\n"); });
  CHECK(none.patch_on_a_reused_connection().has_value());
}

TEST_CASE("a PATCH without a connection is unavailable") {
  int free_port = 0;
  {
    MisbehavingServer server([](Peer&) {});
    free_port = server.port();
  }
  http::Client client({"http://127.0.0.1:" + std::to_string(free_port), "", "", ""});
  const auto answer = client.send(patch());
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::unavailable);
}

TEST_CASE("a PATCH whose TLS handshake fails or hangs is unavailable") {
  const auto kind = [](MisbehavingServer::Script script) {
    MisbehavingServer server(std::move(script));
    http::Client client({"https://127.0.0.1:" + std::to_string(server.port()), "", "", ""});
    const auto answer = client.send(patch("[]", milliseconds(400)));
    REQUIRE_FALSE(answer.has_value());
    return answer.error().kind;
  };
  CHECK(kind([](Peer& peer) { peer.close(); }) == ErrorKind::unavailable);
  CHECK(kind([](Peer& peer) { peer.hang(); }) == ErrorKind::unavailable);
  CHECK(kind([](Peer& peer) {
          peer.read_something();
          peer.answer(400, "this is plain HTTP");
        }) == ErrorKind::unavailable);
}

TEST_CASE("a PATCH whose deadline has passed is not sent") {
  PatchServer lab([](Peer& peer) { peer.answer(200, "ok"); });
  const auto answer = lab.client.send(patch("[]", milliseconds(-1)));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::unavailable);
  CHECK(lab.server.connections() == 0);
}

TEST_CASE("a PATCH on a connection that the server closed while it was idle goes over a new one") {
  Journal journal;
  MisbehavingServer server([&](Peer& peer) {
    journal.add(peer.read_request());
    peer.answer(200, "ok");
    if (peer.index() == 0) return peer.close();
    peer.hang();
  });
  http::Client client(endpoint_of(server));
  REQUIRE(client.send(get()).has_value());
  std::this_thread::sleep_for(milliseconds(100));  // the FIN has arrived: libcurl sees it before it writes
  const auto answer = client.send(patch());
  REQUIRE(answer.has_value());
  CHECK(journal.count("PATCH") == 1);
  CHECK(server.connections() == 2);
}

TEST_CASE("what a failed exchange is by its phase") {
  using http::Attempt;
  CHECK(http::kind_of(Attempt{false, 2, 500, false}) == ErrorKind::unavailable);
  CHECK(http::kind_of(Attempt{false, 1, 100, true}) == ErrorKind::cancelled);
  CHECK(http::kind_of(Attempt{true, 0, 0, false}) == ErrorKind::unavailable);
  CHECK(http::kind_of(Attempt{true, 1, 0, false}) == ErrorKind::unavailable);
  CHECK(http::kind_of(Attempt{true, 1, 1, false}) == ErrorKind::outcome_unknown);
  CHECK(http::kind_of(Attempt{true, 2, 100, false}) == ErrorKind::outcome_unknown);
}
