#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/doctor/examine.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/rules/route_check.hpp"
#include "peer.hpp"
#include "sources.hpp"

// The parts of the chain, each looked at by itself: they gather facts, and leave the judgement to the checks.
namespace canaryd::doctor {

// What one part tells another.
struct Sight {
  std::vector<Target> services;            // in scope
  std::vector<CanaryInFlight> canaries;    // with traffic
  std::vector<std::string> webhook_hosts;  // by which Alertmanager calls canaryd
};

struct Look {
  const Settings& settings;
  const Budget& budget;
  const Clock& clock;
};

Findings look_at_cluster(const Look& look, Sight& sight);
Findings look_at_prometheus(const Look& look, const Sight& sight);
Findings look_at_alertmanager(const Look& look, Sight& sight);
Findings look_at_files(const Look& look, const Sight& sight);
Findings send_test_alert(const Look& look, const Sight& sight);

}  // namespace canaryd::doctor
