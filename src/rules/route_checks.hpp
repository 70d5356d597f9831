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

// The receivers that an alert comes to in a route: `"a", "b"`.
std::string receivers_from(const Route& route, const alert::Labels& labels);

// The names of the receivers that are canaryd's; a finding when there is none.
std::set<std::string> find_receivers(const RouteCheck& check, const AlertmanagerConfig& config, Findings& findings);

// Whether the alert comes to canaryd, and who else gets it. `sending` is routes_of() the alert.
void check_arrival(const Scene& scene, std::size_t alert, const std::vector<const Route*>& sending, Findings& findings);
// Whether all the alerts of a set come to canaryd, at any time, and when.
void check_set(const Scene& scene, const WantedSet& set, Findings& findings);
// When an alert comes: the grouping and the intervals of these routes of canaryd's.
void check_timing(const Scene& scene, std::size_t alert, const std::set<const Route*>& ours, Findings& findings);
// Which inhibit rules can keep it back.
void check_inhibition(const Scene& scene, std::size_t alert, Findings& findings);
// The same for all the alerts of a set, with sources of which no example can be made up.
void check_inhibition(const Scene& scene, const WantedSet& set, Findings& findings);
// Whether canaryd's receivers reach it, and are let in.
void check_delivery(const Scene& scene, Findings& findings);

}  // namespace canaryd::rules::route
