#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/rules/embedded.hpp"

namespace canaryd::rules {

// What a Kubernetes object is called by.
struct ObjectMeta {
  std::string name;
  std::string namespace_name;                               // empty: left to whoever applies the object
  std::vector<std::pair<std::string, std::string>> labels;  // key, value; each key once
};

// The files as one valid Prometheus rule file. One file is its own bytes. Several have one `groups:`, and below it the
// groups of each file after a comment with its name: not several YAML documents, of which Prometheus reads only the
// first. Relies on the form of the shipped files, which a test holds: comments, one line `groups:`, its list. Pure.
std::string rule_file(std::span<const File> files);

// A PrometheusRule (monitoring.coreos.com/v1) whose `spec` is rule_file(files), indented by two and otherwise the same
// text, comments too. One object for all files: of one a file, those that the next choice does not have would stay
// behind in the cluster. `invalid` when the API server would refuse the name, the namespace or a label. Pure.
Result<std::string> prometheus_rule(std::span<const File> files, const ObjectMeta& meta);

}  // namespace canaryd::rules
