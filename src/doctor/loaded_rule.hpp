#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"

// A rule as Prometheus says that it runs it. Pure.
namespace canaryd::doctor {

struct LoadedRule {
  std::string group;
  double interval = 0;  // of the group, in seconds
  bool is_alert = false;
  std::string name;
  std::string expression;  // as Prometheus writes it
  double hold = 0;         // `for` of an alert, in seconds
  double keep = 0;         // its `keep_firing_for`, in seconds
  std::map<std::string, std::string> labels;
  std::string error;  // of the last evaluation; empty: none
};
// The answer to /api/v1/rules. Errors: `invalid`.
Result<std::vector<LoadedRule>> decode_rules(std::string_view json);

// An expression without what a printer of PromQL may write otherwise: spaces, comments, the order of matchers, the sign
// of +Inf.
std::string normal_form(std::string_view expression);

}  // namespace canaryd::doctor
