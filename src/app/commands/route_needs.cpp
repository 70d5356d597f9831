#include "route_needs.hpp"

#include <algorithm>

namespace canaryd::app {

RouteNeeds route_needs(const Config& config) {
  RouteNeeds needs;
  needs.mappings = config.alerts;
  for (const auto& each : config.cluster.namespaces) needs.namespaces.push_back(each.str());
  needs.tokens = std::any_of(config.server.tokens.begin(), config.server.tokens.end(),
                             [](const auto& client) { return client.role == web::Role::alert; });
  needs.client_ca = !config.server.tls.client_ca.empty();
  return needs;
}

}  // namespace canaryd::app
