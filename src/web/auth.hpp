#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/web/settings.hpp"

namespace canaryd::web {

// Who a request comes from.
struct Principal {
  std::string actor;  // "token:alertmanager", "san:dns:am.monitoring.svc"
  Role role = Role::alert;
  std::vector<Namespace> namespaces;  // empty: all
};

// The listed clients with their tokens' hashes, as read at one moment. Immutable.
struct ClientList {
  struct Token {
    std::string sha256;  // empty: admits nobody
    Principal principal;
  };
  struct San {
    std::string san;
    Principal principal;
  };
  std::vector<Token> tokens;
  std::vector<San> sans;
  std::vector<std::string> problems;  // token files that admit nobody, and why
};

// Errors: `invalid`, a SAN of no known kind. A token file that is absent, empty, shorter than 16 bytes or holds other
// than printable ASCII characters without spaces is no error: it is logged and admits nobody.
Result<ClientList> read_clients(const ServerSettings& settings);

// Decides who a client is. Safe from any thread.
class Authenticator {
 public:
  explicit Authenticator(ClientList clients);
  void swap(ClientList clients);

  // `authorization`: the header's value, nullptr without one. With one, its bearer token decides alone; else the first
  // listed client whose SAN the certificate carries. Comparing takes the same time whatever the token.
  std::optional<Principal> identify(const std::string* authorization, const std::vector<std::string>& sans) const;

 private:
  std::shared_ptr<const ClientList> clients() const;
  mutable std::mutex mutex_;
  std::shared_ptr<const ClientList> clients_;  // shared with the requests that are reading it
};

}  // namespace canaryd::web
