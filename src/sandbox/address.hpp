#pragma once

#include <string>

#include "canaryd/base/error.hpp"

namespace canaryd::sandbox {

struct Address {
  std::string host;  // as bind takes it: "127.0.0.1", "::1"
  int port = 0;      // 0: any free one
  std::string url_host() const { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }
};

// Reads "127.0.0.1:0", "localhost:8001" or "[::1]:0". Errors: invalid for anything else; whoever reaches the sandbox
// may do anything with it, so it listens on loopback only.
Result<Address> parse_loopback(const std::string& listen);

}  // namespace canaryd::sandbox
