#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <map>

#include "config_parts.hpp"
#include "config_values.hpp"

namespace canaryd::app {
namespace {

constexpr const char* listen_form = "\"address:port\" with an IP address, such as \"0.0.0.0:8443\" or \"[::]:8443\"";

void read_listen(Section& section, web::ListenAddress& out) {
  std::string text;
  web::ListenAddress address;
  const auto valid = [&](const std::string& given) { return parse_listen(given, address); };
  if (section.text("listen", {listen_form, valid}, text)) out = address;
}

void read_tls(Section tls, web::TlsSettings& out) {
  tls.path("certificate", {"the path of a PEM file with the certificate chain", nullptr, true}, out.certificate);
  tls.path("key", {"the path of a PEM file with the private key", nullptr, true}, out.key);
  tls.path("client_ca", {"the path of a PEM file with the CAs of client certificates"}, out.client_ca);
  tls.done();
}

// What tokens and certificates have in common.
template <class Client>
void read_client(Section& entry, Client& client) {
  static const std::vector<std::pair<std::string, web::Role>> roles{
      {"alert", web::Role::alert}, {"view", web::Role::view}, {"operate", web::Role::operate}};
  entry.text("name", {"a name for logs and records", nullptr, true}, client.name);
  entry.choice("role", roles, client.role, true);
  std::vector<std::string> namespaces;
  entry.texts("namespaces", {"a namespace", is_dns_label}, namespaces);
  for (auto& ns : namespaces) client.namespaces.emplace_back(std::move(ns));
}

// Refuses a value that another entry has already.
class Unique {
 public:
  void check(Section& entry, std::string_view key, const std::string& value, const std::string& expected) {
    if (value.empty()) return;
    const auto [first, fresh] = seen_.emplace(value, entry.place_of(key).line);
    if (fresh) return;
    entry.problem(key, "the same as on line " + std::to_string(first->second) + ", expected " + expected);
  }

 private:
  std::map<std::string, int> seen_;
};

void read_clients(Section clients, web::ServerSettings& out) {
  Unique names;
  Unique files;
  Unique sans;
  for (auto& entry : clients.sections("tokens", "a map with name, role and file", true)) {
    web::TokenClient client;
    read_client(entry, client);
    entry.path("file", {"the path of a file that holds the token", nullptr, true}, client.file);
    names.check(entry, "name", client.name, "a name of its own for each client");
    files.check(entry, "file", client.file, "a file of its own for each token");
    entry.done();
    out.tokens.push_back(std::move(client));
  }
  for (auto& entry : clients.sections("certificates", "a map with name, role and san", true)) {
    web::CertificateClient client;
    read_client(entry, client);
    entry.text("san",
               {"a subjectAltName such as dns:alertmanager.monitoring.svc, uri:..., ip:... or email:...",
                is_subject_alt_name, true},
               client.san);
    names.check(entry, "name", client.name, "a name of its own for each client");
    sans.check(entry, "san", client.san, "a SAN of its own for each client");
    entry.done();
    out.certificates.push_back(std::move(client));
  }
  if (clients.present() && !clients.has("tokens") && !clients.has("certificates")) {
    clients.problem("", "no client, expected tokens or certificates");
  } else if (clients.present() && out.tokens.empty() && out.certificates.empty()) {
    clients.problem("", "no client, expected at least one entry in tokens or certificates");
  }
  clients.done();
}

}  // namespace

bool parse_listen(const std::string& text, web::ListenAddress& out) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = text.substr(0, colon);
  const auto port = plain_whole(text.substr(colon + 1));
  if (!port || *port > 65535) return false;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, host.c_str(), address.data()) != 1) return false;
  out = {host, static_cast<int>(*port)};
  return true;
}

void read_server(Section server, web::ServerSettings& out) {
  read_listen(server, out.listen);
  Section tls = server.section("tls", true, "a map with certificate and key");
  read_tls(tls, out.tls);
  server.whole("max_connections", 4, 65536, out.max_connections);
  Section clients = server.section("clients", true, "a map with tokens or certificates");
  read_clients(clients, out);
  if (!out.certificates.empty() && tls.present() && !tls.has("client_ca")) {
    clients.problem("certificates", "clients with certificates, expected server.tls.client_ca to be set, too");
  }
  server.done();
}

void read_admin(Section admin, web::AdminSettings& out) {
  read_listen(admin, out.listen);
  admin.done();
}

}  // namespace canaryd::app
