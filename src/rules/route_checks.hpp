#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "route_findings.hpp"
#include "route_tree.hpp"

namespace canaryd::rules::route {

// What every check reads.
struct Scene {
  const RouteCheck& check;
  const AlertmanagerConfig& config;
  const std::vector<Wanted>& alerts;
  std::set<std::string> receivers;  // canaryd's, by name

  bool is_canaryds(const Route& route) const { return receivers.contains(route.receiver); }
};

// `this route (to "x")` as findings name it.
std::string quoted(const std::string& text);

// The names of the receivers that are canaryd's; a finding when there is none.
std::set<std::string> find_receivers(const RouteCheck& check, const AlertmanagerConfig& config, Findings& findings);

// Whether the alert comes to canaryd, and who else gets it. `sending` is routes_of() the alert.
void check_arrival(const Scene& scene, std::size_t alert, const std::vector<const Route*>& sending, Findings& findings);
// When it comes: the grouping and the intervals of canaryd's routes among `sending`.
void check_timing(const Scene& scene, std::size_t alert, const std::vector<const Route*>& sending, Findings& findings);
// Which inhibit rules can keep it back.
void check_inhibition(const Scene& scene, std::size_t alert, Findings& findings);
// Whether canaryd's receivers reach it, and are let in.
void check_delivery(const Scene& scene, Findings& findings);

}  // namespace canaryd::rules::route
