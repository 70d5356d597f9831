#include "auth.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "tls_context.hpp"

namespace canaryd::web {

namespace {

constexpr std::size_t min_token = 16;
constexpr std::size_t max_token_file = 16u << 10;

// Hashes are compared, so that not even a token's length shows in the time it takes.
std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string token_hash(const TokenClient& client, std::vector<std::string>& problems) {
  auto content = read_file(client.file, max_token_file);
  if (!content) {
    problems.push_back("client " + client.name + ": " + content.error().message);
    return {};
  }
  std::string& token = *content;
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.size() < min_token) {
    problems.push_back("client " + client.name + ": " + client.file + ": expected a token of at least 16 bytes");
    return {};
  }
  // Others cannot arrive: the end of a header's value is trimmed, and it holds no control characters.
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; })) {
    problems.push_back("client " + client.name + ": " + client.file +
                       ": expected one token of printable ASCII characters without spaces");
    return {};
  }
  return sha256(token);
}

// The token of "Bearer <token>"; an empty one for anything else.
std::string_view bearer_token(std::string_view value) {
  constexpr std::string_view scheme = "bearer ";
  if (value.size() <= scheme.size()) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = value[i] >= 'A' && value[i] <= 'Z' ? static_cast<char>(value[i] - 'A' + 'a') : value[i];
    if (c != scheme[i]) return {};
  }
  value.remove_prefix(scheme.size());
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

std::optional<Principal> by_token(const ClientList& clients, std::string_view token) {
  const std::string hash = sha256(token);
  const Principal* found = nullptr;
  for (const auto& entry : clients.tokens) {
    const bool same = equal_constant_time(hash, entry.sha256);
    if (same && found == nullptr) found = &entry.principal;
  }
  return found == nullptr ? std::nullopt : std::optional<Principal>(*found);
}

}  // namespace

const char* name_of(Role role) {
  switch (role) {
    case Role::alert:
      return "alert";
    case Role::view:
      return "view";
    case Role::operate:
      return "operate";
  }
  return "unknown";
}

Result<ClientList> read_clients(const ServerSettings& settings) {
  ClientList list;
  for (const auto& client : settings.certificates) {
    const std::string san = canonical_san(client.san);
    if (san.empty()) {
      return fail(Error::invalid("client " + client.name + ": expected a san of dns:, uri:, ip: or email:, got \"" +
                                 client.san + "\""));
    }
    list.sans.push_back({san, {"san:" + san, client.role, client.namespaces}});
  }
  for (const auto& client : settings.tokens) {
    list.tokens.push_back(
        {token_hash(client, list.problems), {"token:" + client.name, client.role, client.namespaces}});
  }
  return list;
}

Authenticator::Authenticator(ClientList clients) : clients_(std::make_shared<const ClientList>(std::move(clients))) {}

void Authenticator::swap(ClientList clients) {
  auto next = std::make_shared<const ClientList>(std::move(clients));
  const std::lock_guard lock(mutex_);
  clients_.swap(next);
}

std::shared_ptr<const ClientList> Authenticator::clients() const {
  const std::lock_guard lock(mutex_);
  return clients_;
}

std::optional<Principal> Authenticator::identify(const std::string* authorization,
                                                 const std::vector<std::string>& sans) const {
  const auto list = clients();
  if (authorization != nullptr) {
    const std::string_view token = bearer_token(*authorization);
    return token.empty() ? std::nullopt : by_token(*list, token);
  }
  for (const auto& entry : list->sans) {
    if (std::find(sans.begin(), sans.end(), entry.san) != sans.end()) return entry.principal;
  }
  return std::nullopt;
}

}  // namespace canaryd::web
