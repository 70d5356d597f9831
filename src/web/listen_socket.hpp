#pragma once

#include "canaryd/base/error.hpp"
#include "canaryd/web/settings.hpp"
#include "unique_fd.hpp"

namespace canaryd::web {

// A bound and listening non-blocking TCP socket. An IPv6 wildcard takes IPv4 too.
struct ListenSocket {
  UniqueFd fd;
  int port = 0;
};

// Errors: `invalid` (not an IP address), `io` (bind, listen).
Result<ListenSocket> open_listen_socket(const ListenAddress& address);

}  // namespace canaryd::web
