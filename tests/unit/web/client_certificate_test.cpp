#include <doctest/doctest.h>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

// A server that asks for client certificates and lists `sans` with role alert; no tokens.
std::function<void(ServerSettings&)> listing(const std::vector<std::string>& sans) {
  return [sans](ServerSettings& settings) {
    const std::string& file = settings.tls.certificate;
    settings.tls.client_ca = file.substr(0, file.rfind('/')) + "/client-ca.crt";
    settings.tokens.clear();
    for (const auto& san : sans) settings.certificates.push_back({san, Role::alert, san, {}});
  };
}

std::string without_token() {
  const std::string body = notification_body();
  return post("Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n", body);
}

HttpAnswer ask_as(const RunningServer& running, const Issued* identity, const std::string& request) {
  ClientOptions options;
  options.identity = identity;
  Client client(running.port(), options);
  return client.exchange(request);
}

}  // namespace

TEST_CASE("a client certificate is let in by each kind of name and by no other") {
  RunningServer running(
      listing({"dns:AM.monitoring.svc", "uri:spiffe://cluster/ns/mon/sa/am", "ip:fd00::7", "email:am@example.org"}));
  const auto status = [&](const std::string& sans) {
    const Issued identity = running.client_authority.issue(sans);
    return ask_as(running, &identity, without_token()).status;
  };
  CHECK(status("DNS:am.Monitoring.svc") == 200);
  CHECK(running.deliveries().back().actor == "san:dns:am.monitoring.svc");
  CHECK(status("URI:spiffe://cluster/ns/mon/sa/am") == 200);
  CHECK(status("IP:fd00:0:0:0:0:0:0:7") == 200);
  CHECK(status("email:am@example.org") == 200);
  CHECK(status("DNS:other,DNS:am.monitoring.svc") == 200);
  CHECK(status("DNS:other.monitoring.svc") == 401);
  CHECK(status("DNS:*.monitoring.svc") == 401);
  CHECK(status("URI:dns:am.monitoring.svc") == 401);
  CHECK(status("IP:10.0.0.7") == 401);
}

TEST_CASE("no certificate - one of another authority and an expired one get no connection") {
  RunningServer running(listing({"dns:am"}));
  const Authority stranger("client CA");
  const Issued foreign = stranger.issue("DNS:am");
  const Issued expired = running.client_authority.issue("DNS:am", -1);
  const Issued good = running.client_authority.issue("DNS:am");
  CHECK(ask_as(running, nullptr, without_token()).status == 0);
  CHECK(ask_as(running, &foreign, without_token()).status == 0);
  CHECK(ask_as(running, &expired, without_token()).status == 0);
  CHECK(running.refused_for("tls_handshake"));
  CHECK(ask_as(running, &good, without_token()).status == 200);
}

TEST_CASE("with client certificates asked for no session is resumed and every handshake succeeds") {
  RunningServer running(listing({"dns:am"}));
  const Issued identity = running.client_authority.issue("DNS:am");
  for (int i = 0; i < 3; ++i) CHECK(ask_as(running, &identity, without_token()).status == 200);
}

TEST_CASE("a name is judged anew at each request after the list changed") {
  RunningServer running(listing({"dns:am"}));
  const Issued identity = running.client_authority.issue("DNS:am");
  ClientOptions options;
  options.identity = &identity;
  Client client(running.port(), options);
  REQUIRE(client.exchange(without_token()).status == 200);
  running.settings.certificates[0].san = "dns:other";
  REQUIRE(running.server->reconfigure(running.settings));
  CHECK(client.exchange(without_token()).status == 401);
}

TEST_CASE("a certificate is judged anew at each request after the authority changed") {
  RunningServer running(listing({"dns:am"}));
  const Issued identity = running.client_authority.issue("DNS:am");
  ClientOptions options;
  options.identity = &identity;
  Client client(running.port(), options);
  REQUIRE(client.exchange(without_token()).status == 200);
  const Authority next("next CA");
  running.folder.write("client-ca.crt", running.client_authority.pem() + next.pem());
  running.server->refresh();
  CHECK(client.exchange(without_token()).status == 200);  // still among the authorities
  running.folder.write("client-ca.crt", next.pem());
  running.server->refresh();
  CHECK(client.exchange(without_token()).status == 401);
  const Issued renewed = next.issue("DNS:am");
  CHECK(ask_as(running, &renewed, without_token()).status == 200);
}

TEST_CASE("roles of a token and of a certificate never add up") {
  RunningServer running([](ServerSettings& settings) {
    listing({"dns:am"})(settings);
    const std::string file = settings.tls.certificate;
    settings.tokens.push_back({"viewer", Role::view, file.substr(0, file.rfind('/')) + "/token", {}});
  });
  const Issued identity = running.client_authority.issue("DNS:am");
  CHECK(ask_as(running, &identity, without_token()).status == 200);
  CHECK(ask_as(running, &identity, honest_request()).status == 403);
  const std::string wrong = post("Authorization: Bearer no-such-token-anywhere\r\nContent-Length: 0\r\n", "");
  CHECK(ask_as(running, &identity, wrong).status == 401);
}

TEST_CASE("a reconfiguration that cannot be read changes nothing") {
  RunningServer running(listing({"dns:am"}));
  const Issued identity = running.client_authority.issue("DNS:am");
  ServerSettings bad = running.settings;
  bad.certificates[0].san = "am";
  CHECK_FALSE(running.server->reconfigure(bad));
  bad = running.settings;
  bad.tls.key = running.folder.path("absent");
  bad.certificates.clear();
  CHECK_FALSE(running.server->reconfigure(bad));
  CHECK(ask_as(running, &identity, without_token()).status == 200);
}

}  // namespace canaryd::web::test
