#pragma once

#include <vector>

#include "canaryd/doctor/finding.hpp"
#include "loaded_rule.hpp"

// The rules that Prometheus runs, beside those of this binary. Pure.
namespace canaryd::doctor {

// Loaded at all, whole, as shipped and no others of their names beside them, evaluated as often as they ask for,
// without errors. Annotations are not compared: they change nothing that is decided.
Findings check_rules(const std::vector<LoadedRule>& loaded);

}  // namespace canaryd::doctor
