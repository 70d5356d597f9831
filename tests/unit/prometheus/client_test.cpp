#include "http/tls_session.hpp"
#include "prometheus/prometheus_fixture.hpp"

using namespace canaryd;
using namespace canaryd::test;

TEST_CASE("a query is posted as a form with the time that is left and its answer read") {
  Journal journal;
  MisbehavingServer server(always(journal, [](Peer& peer, auto&) { peer.answer(200, one); }));
  const auto client = client_of(server);
  const auto samples = client->query(R"(up{a=~"x|y"} > 1 & +2%)", in(seconds(10)));
  REQUIRE(samples.has_value());
  CHECK(samples->front().value == 0.5);
  CHECK(samples->front().labels.at("revision") == "a");
  CHECK(client->query("up", in(seconds(10))).has_value());
  CHECK(server.connections() == 1);  // kept alive
  const std::string request = journal.all().at(0);
  CHECK(request.starts_with("POST /api/v1/query HTTP/1.1\r\n"));
  CHECK(request.find("\r\nContent-Type: application/x-www-form-urlencoded\r\n") != std::string::npos);
  CHECK(request.find("Authorization") == std::string::npos);
  CHECK(request.find("\r\n\r\nquery=up%7Ba%3D~%22x%7Cy%22%7D%20%3E%201%20%26%20%2B2%25&timeout=9") !=
        std::string::npos);
  CHECK(request.ends_with("ms"));
}

TEST_CASE("a path before the API is kept") {
  Journal journal;
  MisbehavingServer server(always(journal, [](Peer& peer, auto&) { peer.answer(200, one); }));
  prometheus::Settings settings;
  settings.url = server.url() + "/prometheus";
  CHECK(prometheus::Client::create(settings).value()->query("up", in(seconds(10))).has_value());
  CHECK(journal.count("POST /prometheus/api/v1/query ") == 1);
}

TEST_CASE("a rotated token is used with the next query and after a 401 at once") {
  const Folder folder;
  Journal journal;
  MisbehavingServer server(always(journal, [&](Peer& peer, const std::string& request) {
    const bool known = request.find("\r\nAuthorization: Bearer second\r\n") != std::string::npos;
    if (!known) folder.write("token", "second");
    peer.answer(known ? 200 : 401, known ? one : "expired");
  }));
  const auto client = client_of(server, folder.write("token", "first\n"));
  CHECK(client->query("up", in(seconds(10))).has_value());
  CHECK(journal.all().size() == 2);
  CHECK(client->query("up", in(seconds(10))).has_value());
  CHECK(journal.all().size() == 3);
}

TEST_CASE("a token that stays wrong is refused and not tried for ever") {
  const Folder folder;
  Journal journal;
  MisbehavingServer server(always(journal, [](Peer& peer, auto&) { peer.answer(401, "no"); }));
  const auto client = client_of(server, folder.write("token", "wrong"));
  CHECK(error_of(client->query("up", in(seconds(10)))).kind == ErrorKind::unauthenticated);
  CHECK(journal.all().size() == 1);
}

TEST_CASE("a token file that is not there or empty is said at the start") {
  const Folder folder;
  prometheus::Settings settings;
  settings.url = "http://127.0.0.1:9";
  settings.token_file = folder.write("token", "");
  CHECK_FALSE(prometheus::Client::create(settings).has_value());
  settings.token_file += ".missing";
  const auto client = prometheus::Client::create(settings);
  REQUIRE_FALSE(client.has_value());
  CHECK(client.error().message.find("token.missing") != std::string::npos);
}

TEST_CASE("over TLS the server is verified and a client certificate shown") {
  const Folder folder;
  const auto own = make_certificate("prometheus", "IP:127.0.0.1");
  const auto ours = make_certificate("canaryd", "DNS:canaryd");
  Journal journal;
  MisbehavingServer server([&](Peer& peer) {
    TlsSession session(own, peer.socket());
    while (session.open()) {
      if (session.read().empty()) return;
      journal.add(session.client());
      session.answer(one);
    }
  });
  prometheus::Settings settings;
  settings.url = "https://127.0.0.1:" + std::to_string(server.port());
  CHECK(error_of(prometheus::Client::create(settings).value()->query("up", in(seconds(10)))).kind ==
        ErrorKind::unavailable);  // the system does not know its CA
  CHECK(journal.all().empty());
  settings.ca_file = folder.write("ca.crt", own.certificate_pem);
  settings.client_certificate = folder.write("tls.crt", ours.certificate_pem);
  settings.client_key = folder.write("tls.key", ours.key_pem);
  CHECK(prometheus::Client::create(settings).value()->query("up", in(seconds(10))).has_value());
  CHECK(journal.all() == std::vector<std::string>{"canaryd"});
}
