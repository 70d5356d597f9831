#include "config_url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>

#include "canaryd/base/strong.hpp"
#include "config_values.hpp"

namespace canaryd::app {
namespace {

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  std::array<unsigned char, sizeof(in_addr)> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 && address[0] == 127;
}

// The host of "host[:port]"; empty when that is not its form.
std::string host_of(const std::string& authority) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  const std::string host = authority.substr(0, colon);
  if (colon != std::string::npos) {
    const auto port = plain_whole(authority.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return {};
  }
  if (!host.empty() && host.front() == '[') {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const bool closed = host.size() > 2 && host.back() == ']';
    return closed && inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), address.data()) == 1 ? host : "";
  }
  return is_dns_subdomain(host) ? host : "";
}

}  // namespace

std::optional<UrlKind> url_kind(const std::string& text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos || text.find_first_of(" ?#@\"\\") != std::string::npos) return std::nullopt;
  for (const char c : text) {
    if (c <= ' ' || c > '~') return std::nullopt;
  }
  const auto host = host_of(text.substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3));
  if (host.empty()) return std::nullopt;
  const auto name = text.substr(0, scheme);
  if (name == "https") return UrlKind::https;
  if (name != "http") return std::nullopt;
  return is_loopback(host) ? UrlKind::loopback_http : UrlKind::other_http;
}

bool may_hold_user(const std::string& text) { return text.find('@') != std::string::npos; }

}  // namespace canaryd::app
