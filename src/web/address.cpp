#include "address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace canaryd::web {

namespace {

std::string text_of(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? std::string() : std::string(text.data());
}

PeerAddress from_ipv6(const sockaddr_in6& address) {
  PeerAddress peer;
  peer.port = ntohs(address.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    peer.ip = text_of(AF_INET, &address.sin6_addr.s6_addr[12]);
    peer.group = peer.ip;
    return peer;
  }
  peer.ip = text_of(AF_INET6, &address.sin6_addr);
  in6_addr network = address.sin6_addr;
  std::memset(&network.s6_addr[8], 0, 8);
  peer.group = text_of(AF_INET6, &network) + "/64";
  return peer;
}

}  // namespace

std::string PeerAddress::str() const {
  const bool v6 = ip.find(':') != std::string::npos;
  return (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

PeerAddress peer_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return from_ipv6(v6);
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  PeerAddress peer;
  peer.ip = text_of(AF_INET, &v4.sin_addr);
  peer.port = ntohs(v4.sin_port);
  peer.group = peer.ip;
  return peer;
}

std::optional<std::string> canonical_ip(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return canonical_ip(bytes.data(), 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return canonical_ip(bytes.data(), 16);
  return std::nullopt;
}

std::optional<std::string> canonical_ip(const unsigned char* bytes, std::size_t size) {
  if (size == 4) return text_of(AF_INET, bytes);
  if (size == 16) return text_of(AF_INET6, bytes);
  return std::nullopt;
}

}  // namespace canaryd::web
