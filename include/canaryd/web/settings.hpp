#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/base/strong.hpp"

namespace canaryd::web {

struct ListenAddress {
  std::string host;  // an IP address: "0.0.0.0", "::", "127.0.0.1"
  int port = 0;      // 0: the system chooses (tests)
};

// One role a client; they never add up. `alert`: the webhook only.
enum class Role : std::uint8_t { alert, view, operate };
const char* name_of(Role role);

// A bearer token in a file. Several may be valid at once: that is how one is rotated. The file is read again when it
// changes; an absent or empty one admits nobody.
struct TokenClient {
  std::string name;
  Role role = Role::alert;
  std::string file;
  std::vector<Namespace> namespaces;  // empty: all
};

// A client certificate, by one of its subjectAltNames: "dns:alertmanager.monitoring.svc", "uri:spiffe://...", "ip:...",
// "email:...".
struct CertificateClient {
  std::string name;
  Role role = Role::alert;
  std::string san;
  std::vector<Namespace> namespaces;
};

struct TlsSettings {
  std::string certificate;  // PEM file, the chain
  std::string key;          // PEM file
  std::string client_ca;    // PEM file; set: a valid client certificate is a condition of every connection
};

struct ServerSettings {
  ListenAddress listen{"0.0.0.0", 8443};
  TlsSettings tls;
  std::vector<TokenClient> tokens;
  std::vector<CertificateClient> certificates;
  std::size_t max_connections = 128;
};

struct AdminSettings {
  ListenAddress listen{"0.0.0.0", 8080};
};

// Fixed limits of the guarded server, not configuration: a body of 1 MiB, a head of 16 KiB, 3 s for a handshake, 10 s
// for a whole request (the answer to Alertmanager comes within 8 s), 5 min of keep-alive idleness (Alertmanager's own).
inline constexpr std::size_t max_body = 1u << 20;
inline constexpr std::size_t max_head = 16u << 10;

}  // namespace canaryd::web
