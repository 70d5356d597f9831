#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "canaryd/rules/route_check.hpp"
#include "route_alert_set.hpp"
#include "route_config.hpp"

namespace canaryd::rules::route {

// An alert that canaryd wants, with one set of labels that it may have.
struct Wanted {
  std::string name;
  alert::Labels labels;
  alert::Action action = alert::Action::ignore;
  alert::TargetLabels target;  // which of the labels name the service
  bool shipped = false;        // an alert of the shipped rules: its labels are known
  std::size_t entry = 0;       // of check.mappings, whose it is
};

// Alerts that canaryd wants, of one name or of one entry of its configuration: all of them, not examples.
struct WantedSet {
  AlertSet alerts;
  std::vector<std::size_t> examples;  // among WantedAlerts::alerts
  std::size_t entry = 0;              // of check.mappings
  alert::Action action = alert::Action::ignore;
  bool all_labels_known = false;
};

struct WantedAlerts {
  std::vector<Wanted> alerts;  // those of one name stand together
};

// An alert of the shipped rules, without the labels of its target.
struct Shipped {
  std::string name;
  std::string severity;  // empty: none
  bool about_a_canary = false;
};
std::vector<Shipped> shipped_alerts();

// The alerts of check.mappings whose action is not `ignore`, with labels of every kind that `config` tells apart.
WantedAlerts wanted_alerts(const RouteCheck& check, const AlertmanagerConfig& config);

// Every alert of the shipped rules with this name.
AlertSet shipped_set(const Shipped& alert, const alert::TargetLabels& names, const RouteCheck& check);

// Every alert that canaryd wants is in one of them.
std::vector<WantedSet> wanted_sets(const RouteCheck& check, const WantedAlerts& examples);

// The labels that the shipped rules give to an alert about a canary.
alert::Labels target_labels(const alert::TargetLabels& names, const std::string& ns, const std::string& service);

// Examples of one alert. They are for the reader: what is found rests on wanted_sets().
inline constexpr std::size_t max_variants = 24;

}  // namespace canaryd::rules::route
