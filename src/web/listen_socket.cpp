#include "listen_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace canaryd::web {

namespace {

// Fills `storage` and returns its length, 0 when the host is no IP address.
socklen_t fill(const ListenAddress& address, sockaddr_storage& storage) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<std::uint16_t>(address.port));
  if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&storage, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<std::uint16_t>(address.port));
  if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&storage, &v6, sizeof v6);
    return sizeof v6;
  }
  return 0;
}

int port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  std::memcpy(&v4, &storage, sizeof v4);
  std::memcpy(&v6, &storage, sizeof v6);
  return ntohs(storage.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

}  // namespace

Result<ListenSocket> open_listen_socket(const ListenAddress& address) {
  const std::string where = "listening on " + address.host + " port " + std::to_string(address.port);
  if (address.port < 0 || address.port > 65535)
    return fail(Error::invalid(where + ": expected a port from 0 to 65535"));
  sockaddr_storage storage{};
  const socklen_t size = fill(address, storage);
  if (size == 0) return fail(Error::invalid(where + ": expected an IP address such as 0.0.0.0 or ::"));

  ListenSocket result;
  result.fd = UniqueFd(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!result.fd) return fail(Error::from_errno(where, errno));
  const int on = 1;
  const int off = 0;
  setsockopt(result.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6) setsockopt(result.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(result.fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    return fail(Error::from_errno(where, errno));
  }
  if (::listen(result.fd.get(), SOMAXCONN) != 0) return fail(Error::from_errno(where, errno));
  result.port = port_of(result.fd.get());
  return result;
}

}  // namespace canaryd::web
