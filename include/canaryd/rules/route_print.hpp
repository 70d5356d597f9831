#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::rules {

// Alertmanager's version, as far as the form of its configuration depends on it.
struct AlertmanagerVersion {
  int major = 0;
  int minor = 25;
  auto operator<=>(const AlertmanagerVersion&) const = default;
};
inline constexpr AlertmanagerVersion oldest_alertmanager{0, 22};  // `matchers`, http_config.authorization
inline constexpr AlertmanagerVersion webhook_timeout_since{0, 28};

// "0.25" or "0.25.0", a leading v allowed. Errors: `invalid`, for one that is too old, too.
Result<AlertmanagerVersion> parse_alertmanager_version(std::string_view text);

struct RoutePrint {
  std::vector<alert::Mapping> mappings;  // canaryd's `alerts`
  std::vector<std::string> urls;         // of each replica's webhook
  AlertmanagerVersion version;
  bool token = true;         // canaryd has a client with a bearer token
  bool certificate = false;  // canaryd asks for client certificates
};

inline constexpr std::string_view default_webhook_url =
    "https://canaryd-0.canaryd.canaryd.svc:8443/webhooks/alertmanager";

// A whole configuration of Alertmanager with canaryd's routes, its receiver, and one for people in place of the user's.
// An alert that several entries of `alerts` match goes by the first, as in canaryd: what an earlier one ignores is
// taken out by a child route. Pure.
std::string route_text(const RoutePrint& print);

}  // namespace canaryd::rules
