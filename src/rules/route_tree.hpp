#pragma once

#include <vector>

#include "canaryd/alert/notification.hpp"
#include "route_config.hpp"

namespace canaryd::rules::route {

// The routes that send an alert with these labels, in Alertmanager's order (dispatch.Route.Match): depth first; a child
// that matches without `continue` ends its level; a route none of whose children matches sends itself.
std::vector<const Route*> routes_of(const Route& root, const alert::Labels& labels);

// Every route of the tree, parents first.
std::vector<const Route*> all_routes(const Route& root);

// Why an alert does not come to a route.
struct Obstacle {
  enum class Kind : std::uint8_t { taken_before, taken_below, no_match };  // the nearer to arriving, the earlier
  Kind kind = Kind::no_match;
  const Route* at = nullptr;                // the route that takes it, or that does not match
  const alert::Matcher* matcher = nullptr;  // of no_match: one that fails, alertname's first
};

// `wanted` is a route of the tree that routes_of() does not have for these labels.
Obstacle obstacle(const Route& root, const Route& wanted, const alert::Labels& labels);

}  // namespace canaryd::rules::route
