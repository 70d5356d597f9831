#include "prometheus/prometheus_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

TEST_CASE("each status is the error that says what to do about it") {
  const std::string body = R"({"status":"error","errorType":"bad_data","error":"parse error"})";
  CHECK(refused_with(400, body).kind == ErrorKind::invalid);
  CHECK(refused_with(422, body).kind == ErrorKind::invalid);
  CHECK(refused_with(401, "who are you").kind == ErrorKind::unauthenticated);
  CHECK(refused_with(403, "no").kind == ErrorKind::forbidden);
  for (const int status : {201, 204, 301, 404, 405, 413, 429, 500, 502, 503, 504}) {
    CAPTURE(status);
    const auto error = refused_with(status, status == 204 ? "" : body);
    CHECK(error.kind == ErrorKind::unavailable);
    CHECK(error.http_status == status);
  }
  CHECK(refused_with(400, body).message.find("parse error") != std::string::npos);
  CHECK(refused_with(503, std::string(100000, 'x')).message.size() < 400);
  CHECK(refused_with(503, "a\nb\x1b[31m").message.find('\n') == std::string::npos);
}

TEST_CASE("an answer of 200 that is nonsense partial or has warnings is none") {
  CHECK(refused_with(200, "<html>login</html>").kind == ErrorKind::invalid);
  CHECK(refused_with(200, std::string(one).substr(0, 60)).kind == ErrorKind::invalid);
  CHECK(refused_with(200, R"({"status":"success","warnings":["partial"],"data":{"resultType":"vector","result":[]}})")
            .kind == ErrorKind::invalid);
}

TEST_CASE("an answer that is cut off reset or too large is none") {
  Journal journal;
  MisbehavingServer cut(always(journal, [](Peer& peer, auto&) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\"");
    peer.close();
  }));
  CHECK(error_of(client_of(cut)->query("up", in(seconds(10)))).kind == ErrorKind::unavailable);
  MisbehavingServer reset([](Peer& peer) {
    peer.read_request();
    peer.reset();
  });
  CHECK(error_of(client_of(reset)->query("up", in(seconds(10)))).kind == ErrorKind::unavailable);
  MisbehavingServer large(
      always(journal, [](Peer& peer, auto&) { peer.answer(200, std::string((4u << 20) + 1, ' ')); }));
  CHECK(error_of(client_of(large)->query("up", in(seconds(10)))).kind == ErrorKind::unavailable);
}

TEST_CASE("a slow server is left at the deadline") {
  MisbehavingServer silent([](Peer& peer) { peer.hang(); });
  MisbehavingServer dripping([](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 1000; ++i) {
      peer.write(" ");
      peer.pause(milliseconds(20));
    }
  });
  for (const auto* server : {&silent, &dripping}) {
    const auto began = std::chrono::steady_clock::now();
    CHECK(error_of(client_of(*server)->query("up", in(milliseconds(300)))).kind == ErrorKind::unavailable);
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= milliseconds(250));
    CHECK(took < seconds(10));
  }
}

TEST_CASE("without time left nothing is asked and without a server it is said") {
  Journal journal;
  MisbehavingServer server(always(journal, [](Peer& peer, auto&) { peer.answer(200, one); }));
  CHECK(error_of(client_of(server)->query("up", in(milliseconds(0)))).message == "no time is left to ask");
  CHECK(journal.all().empty());
  const auto client = client_of(server);
  server.close();
  CHECK(error_of(client->query("up", in(seconds(5)))).kind == ErrorKind::unavailable);
}
