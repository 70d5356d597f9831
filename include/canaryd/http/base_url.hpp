#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "canaryd/base/error.hpp"

namespace canaryd::http {

// The address of a server, checked: http or https, a host, perhaps a port and a path; no user, query or fragment.
struct BaseUrl {
  std::string text;  // normalised, without a slash at its end: what Endpoint::base_url takes
  std::string host;  // without brackets
  bool tls = false;
  bool loopback = false;  // 127.0.0.0/8, ::1, or localhost (which libcurl never asks a resolver for)
};

// Errors: invalid, with the reason.
Result<BaseUrl> parse_base_url(const std::string& url);

}  // namespace canaryd::http
