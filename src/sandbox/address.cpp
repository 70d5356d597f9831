#include "address.hpp"

#include <arpa/inet.h>

#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::sandbox {

namespace {

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "::1";
}

}  // namespace

Result<Address> parse_loopback(const std::string& listen) {
  const std::string shown = "listen address \"" + escaped(listen) + "\"";
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return fail(Error::invalid(shown + ": expected HOST:PORT, such as 127.0.0.1:0"));
  const auto port = number_from<int>(std::string_view(listen).substr(colon + 1));
  Address address{listen.substr(0, colon), port.value_or(-1)};
  if (address.port < 0 || address.port > 65535) {
    return fail(Error::invalid(shown + ": expected a port from 0 to 65535"));
  }
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (!is_loopback(address.host)) {
    return fail(Error::invalid(shown + ": the sandbox has no authentication and listens on loopback only"));
  }
  return address;
}

}  // namespace canaryd::sandbox
