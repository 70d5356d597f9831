#pragma once

#include <set>
#include <string>
#include <vector>

#include "route_alert_set.hpp"
#include "route_tree.hpp"

namespace canaryd::rules::route {

// Alerts that do not arrive.
struct Loss {
  // swallowed: `at` takes them before canaryd's route `target`. taken_below: `at` takes them inside of canaryd's route
  // `target`. muted: `at` is canaryd's and has time intervals. left_over: they come to no route of canaryd's.
  enum class Kind : std::uint8_t { swallowed, taken_below, muted, left_over };
  Kind kind = Kind::left_over;
  const Route* at = nullptr;
  const Route* target = nullptr;
  std::vector<alert::Matcher> only;  // those for which these matchers hold; empty: all
};

// A route of canaryd's, or one around it, whose matchers take a part only.
struct Part {
  const Route* route = nullptr;
  std::vector<alert::Matcher> only;
};

struct Walk {
  std::vector<Loss> losses;  // empty: every alert of the set surely arrives, at any time
  std::vector<Part> parts;
  std::set<const Route*> visited;  // canaryd's routes that send some of them
};

// The way of all the alerts of a set through the tree, in Alertmanager's order. `receivers` are canaryd's. No alert is
// made up: a route whose matchers may hold for some of them takes some of them. In doubt there is a loss.
Walk walk(const Route& root, const AlertSet& alerts, const std::set<std::string>& receivers);

}  // namespace canaryd::rules::route
