#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "http/client_fixture.hpp"
#include "http/tls_session.hpp"

using namespace canaryd;
using namespace canaryd::test;

namespace {

const TestCertificate& local() {
  static const TestCertificate certificate = make_certificate("server", "IP:127.0.0.1");
  return certificate;
}

// Serves keep-alive requests over TLS; notes each as the client's name and the request. The first PATCH is read and its
// connection cut.
struct TlsServer {
  Journal journal;
  MisbehavingServer server;

  explicit TlsServer(TestCertificate own = local(), int newest = 0)
      : server([this, own = std::move(own), newest](Peer& peer) {
          TlsSession session(own, peer.socket(), newest);
          if (!session.open()) return;
          for (;;) {
            const std::string request = session.read();
            if (request.empty()) return;
            journal.add(session.client() + ":" + request.substr(0, request.find(' ')));
            if (request.starts_with("PATCH")) return;
            session.answer("ok");
          }
        }) {}

  http::Endpoint endpoint() const {
    http::Endpoint endpoint;
    endpoint.base_url = "https://127.0.0.1:" + std::to_string(server.port());
    endpoint.ca_pem = local().certificate_pem;
    return endpoint;
  }
};

// The refusal of the client to talk to `server`, before it sent anything.
std::string refusal(const TlsServer& server, const http::Endpoint& endpoint) {
  http::Client client(endpoint);
  const auto answer = client.send(patch());
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::unavailable);
  CHECK(server.journal.all().empty());
  return answer.error().message;
}

std::string written(const std::string& name, const std::string& text) {
  std::string pattern = (std::filesystem::temp_directory_path() / "canaryd-tls-XXXXXX").string();
  const std::string file = std::string(::mkdtemp(pattern.data())) + "/" + name;
  std::ofstream(file) << text;
  return file;
}

}  // namespace

TEST_CASE("a server whose certificate the given CA signed is talked to over one connection") {
  TlsServer server;
  http::Client client(server.endpoint());
  CHECK(client.send(get()).value().body == "ok");
  CHECK(client.send(get()).has_value());
  CHECK(server.server.connections() == 1);
  CHECK(server.journal.count(":GET") == 2);
}

TEST_CASE("a CA in a file is as good") {
  TlsServer server;
  auto endpoint = server.endpoint();
  endpoint.ca_pem.clear();
  endpoint.ca_file = written("ca.crt", local().certificate_pem);
  http::Client client(endpoint);
  CHECK(client.send(get()).has_value());
  std::filesystem::remove_all(std::filesystem::path(endpoint.ca_file).parent_path());
}

TEST_CASE("a server that cannot prove who it is gets no request") {
  SUBCASE("another CA") {
    TlsServer server;
    auto endpoint = server.endpoint();
    endpoint.ca_pem = make_certificate("server", "IP:127.0.0.1").certificate_pem;
    CHECK(refusal(server, endpoint).find("certificate") != std::string::npos);
  }
  SUBCASE("the system's store") {
    TlsServer server;
    auto endpoint = server.endpoint();
    endpoint.ca_pem.clear();
    CHECK(refusal(server, endpoint).find("certificate") != std::string::npos);
  }
  SUBCASE("another name") {
    const auto other = make_certificate("server", "DNS:kube.example");
    TlsServer server(other);
    auto endpoint = server.endpoint();
    endpoint.ca_pem = other.certificate_pem;
    CHECK(refusal(server, endpoint).find("127.0.0.1") != std::string::npos);
  }
  SUBCASE("an expired certificate") {
    const auto expired = make_certificate("server", "IP:127.0.0.1", 60);
    TlsServer server(expired);
    auto endpoint = server.endpoint();
    endpoint.ca_pem = expired.certificate_pem;
    CHECK(refusal(server, endpoint).find("expired") != std::string::npos);
  }
  SUBCASE("an old version of TLS") {
    TlsServer server(local(), TLS1_1_VERSION);
    CHECK_FALSE(refusal(server, server.endpoint()).empty());
  }
}

TEST_CASE("the client shows its certificate from memory or from files") {
  const auto me = make_certificate("me", "DNS:me");
  TlsServer server;
  auto endpoint = server.endpoint();
  endpoint.client_certificate_pem = me.certificate_pem;
  endpoint.client_key_pem = me.key_pem;
  CHECK(http::Client(endpoint).send(get()).has_value());
  endpoint = server.endpoint();
  endpoint.client_certificate = written("me.crt", me.certificate_pem);
  endpoint.client_key = written("me.key", me.key_pem);
  CHECK(http::Client(endpoint).send(get()).has_value());
  CHECK(server.journal.count("me:GET") == 2);
  std::filesystem::remove_all(std::filesystem::path(endpoint.client_certificate).parent_path());
  std::filesystem::remove_all(std::filesystem::path(endpoint.client_key).parent_path());
}

TEST_CASE("a PATCH on a reused TLS connection that is cut is sent once and its outcome is unknown") {
  TlsServer server;
  http::Client client(server.endpoint());
  REQUIRE(client.send(get()).has_value());
  const auto answer = client.send(patch());
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == ErrorKind::outcome_unknown);
  CHECK(server.journal.count(":PATCH") == 1);
}
