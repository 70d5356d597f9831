#pragma once

#include <string>
#include <vector>

#include "app/config/shipped_alerts.hpp"
#include "canaryd/alert/mapping.hpp"
#include "canaryd/app/config.hpp"

namespace canaryd::app {

// What of canaryd's configuration the alerts' way through Alertmanager depends on; the defaults are those of a
// configuration without `alerts`.
struct RouteNeeds {
  std::vector<alert::Mapping> mappings = shipped_alerts();
  std::vector<std::string> namespaces;
  bool tokens = true;      // a client with the role `alert` has a bearer token
  bool client_ca = false;  // a certificate is a condition of every connection
};
RouteNeeds route_needs(const Config& config);

}  // namespace canaryd::app
