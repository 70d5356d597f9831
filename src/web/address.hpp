#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

namespace canaryd::web {

// Where a connection comes from, as the socket says it (never a header).
struct PeerAddress {
  std::string ip;  // "10.0.0.7", "fd00::7"; an IPv4-mapped IPv6 address is written as IPv4
  int port = 0;
  std::string group;        // what counts as one peer for limits: the IPv4 address, or the /64 of an IPv6 address
  std::string str() const;  // "10.0.0.7:4711", "[fd00::7]:4711"
};

PeerAddress peer_address(const sockaddr_storage& address);

// The one spelling of an IP address; nullopt when `text` is none.
std::optional<std::string> canonical_ip(const std::string& text);
// The same of 4 or 16 bytes in network order.
std::optional<std::string> canonical_ip(const unsigned char* bytes, std::size_t size);

}  // namespace canaryd::web
