#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/rules/embedded.hpp"

namespace canaryd::rules {

// One rule of a rule file, as it stands there; what it does not have is empty.
struct Rule {
  std::string file;      // File::name
  std::string group;     // the group's name
  std::string interval;  // of the group, in Prometheus' own form: "5s"
  bool is_alert = false;
  std::string name;        // the alert's name, or the recorded series
  std::string expression;  // `expr`, with its line ends and comments
  std::string hold;        // `for`, in Prometheus' own form: "2m"
  std::string keep;        // `keep_firing_for`, in the same form
  std::map<std::string, std::string> labels;
  std::string severity;  // the label of an alert
  std::string summary;   // the annotation of an alert, with its templates
};

// Every rule of the files, in their order. `invalid` names the first file that is no rule file, and the line. Pure;
// safe from any thread.
Result<std::vector<Rule>> catalog(std::span<const File> files);

// A summary for a reader without an alert before him: each template becomes the name of what it stands for, such as
// "<revision>" for `{{ $labels.revision }}` and "<value>" for `{{ $value | humanize }}`. Pure.
std::string without_templates(std::string_view summary);

}  // namespace canaryd::rules
