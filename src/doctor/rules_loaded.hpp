#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/doctor/finding.hpp"

// The rules that Prometheus runs, beside those of this binary. Pure.
namespace canaryd::doctor {

struct LoadedRule {
  std::string group;
  double interval = 0;  // of the group, in seconds
  bool is_alert = false;
  std::string name;
  std::string expression;  // as Prometheus writes it
  double hold = 0;         // of an alert, in seconds
  std::string severity;    // label of an alert
  std::string error;       // of the last evaluation; empty: none
};
// The answer to /api/v1/rules. Errors: `invalid`.
Result<std::vector<LoadedRule>> decode_rules(std::string_view json);

// An expression without what a printer of PromQL may write otherwise: spaces, comments, the order of matchers, the sign
// of +Inf.
std::string normal_form(std::string_view expression);

// Loaded at all, whole, as shipped, evaluated as often as they ask for, without errors.
Findings check_rules(const std::vector<LoadedRule>& loaded);

// A source of metrics: which of its rules' windows is the shortest, and which the longest.
struct Windows {
  std::chrono::milliseconds shortest{0};
  std::chrono::milliseconds longest{0};
};
std::set<std::string> loaded_sources(const std::vector<LoadedRule>& loaded);
Windows windows_of(const std::string& source, const std::vector<LoadedRule>& loaded);

}  // namespace canaryd::doctor
