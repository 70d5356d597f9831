#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/matcher.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/strong.hpp"

namespace canaryd::alert {

// What an alert asks for.
enum class Action : std::uint8_t { rollback, advance, hold, heartbeat, ignore };
const char* name_of(Action action);

// Which labels of an alert carry what.
struct TargetLabels {
  std::string ns = "namespace";
  std::string name = "inferenceservice";
  std::string revision = "revision";
  std::string percent = "percent";
};

// One entry of the configuration's `alerts`: first match wins.
struct Mapping {
  std::vector<Matcher> matchers;
  Action action = Action::ignore;
  TargetLabels labels;
};

// The target that the webhook's URL names, for rules whose alerts carry no target labels.
struct UrlTarget {
  std::optional<Namespace> ns;
  std::optional<ServiceName> name;
};

// An alert as the inside sees it: what it asks for, about what.
struct Signal {
  Action action = Action::ignore;
  std::optional<Target> target;      // absent: neither the labels nor the URL name one (reason `no_target`)
  std::optional<Revision> revision;  // absent: an unattributed alert
  std::optional<int> percent;        // of an advance: the share that the evidence is about, 0 to 100
  std::string problem;               // not empty: a target label that is no valid name; then `target` is absent
  Alert alert;
};

// Finds the first mapping that matches and reads the target. An alert that no mapping matches is `ignore`. Labels win
// over the URL; an empty label counts as absent. Pure.
Signal classify(Alert alert, const std::vector<Mapping>& mappings, const UrlTarget& url);

}  // namespace canaryd::alert
