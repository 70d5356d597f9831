#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "canaryd/rules/route_check.hpp"
#include "route_config.hpp"

namespace canaryd::rules::route {

// An alert that canaryd wants, with one set of labels that it may have.
struct Wanted {
  std::string name;
  alert::Labels labels;
  alert::Action action = alert::Action::ignore;
  alert::TargetLabels target;  // which of the labels name the service
  bool shipped = false;        // an alert of the shipped rules: its labels are known
};

struct WantedAlerts {
  std::vector<Wanted> alerts;          // those of one name stand together
  std::vector<std::size_t> unsampled;  // entries of `alerts` for which no alert could be thought of
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

// The labels that the shipped rules give to an alert about a canary.
alert::Labels target_labels(const alert::TargetLabels& names, const std::string& ns, const std::string& service);

inline constexpr std::size_t max_variants = 256;  // of one alert; what is above is not looked at

}  // namespace canaryd::rules::route
