#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace canaryd::app {

// Where a server's address leads: how far its plain http would be read.
enum class UrlKind : std::uint8_t { https, loopback_http, other_http };

// nullopt: no http or https URL of a host with perhaps a port and a path; a user, query or fragment is refused.
std::optional<UrlKind> url_kind(const std::string& text);

// Whether "user:password@" may stand in it, however malformed it is.
bool may_hold_user(const std::string& text);

}  // namespace canaryd::app
