#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "controller.hpp"
#include "model_traffic.hpp"
#include "objects.hpp"

namespace canaryd::sandbox {

// One service to begin with (docs/sandbox.md).
struct ServiceScenario {
  Key key;
  double requests_per_second = 100;
  std::vector<std::string> components{"predictor"};
  Deployment stable;
  std::optional<std::int64_t> canary_percent;  // absent: no canary in flight
  Deployment canary;
  bool tag_routing = false;
  bool standard = false;  // Standard mode: no revisions
};

struct Scenario {
  std::vector<ServiceScenario> services;
  std::size_t generated = 0;  // bench/svc-00000 and on, each with a canary at 5 %, without traffic
  std::size_t generated_bytes = 7000;
};

// ml/iris: stable iris-predictor-00001, canary iris-predictor-00002 at 5 %, 100 requests a second, all healthy.
Scenario default_scenario();

// Errors: invalid, with `file`, the place and what was expected.
Result<Scenario> parse_scenario(std::string_view text, const std::string& file);

void load_scenario(const Scenario& scenario, Objects& objects, Controller& controller, ModelTraffic& traffic);

struct NewModel {
  std::string component;
  std::string model;
  std::optional<std::int64_t> percent;  // absent: the field is removed
  bool keep_percent = false;            // the field is left alone, as by a GitOps tool that ignores it
  std::string manager = "kubectl";
};

// Applies a new model, as a person does with kubectl: storageUri and canaryTrafficPercent in one write. Fails as the
// API server fails.
Outcome<std::string> deploy(Objects& objects, const Key& service, const NewModel& model);

}  // namespace canaryd::sandbox
