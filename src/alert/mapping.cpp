#include "canaryd/alert/mapping.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::alert {

namespace {

// The label's value, empty when it is absent.
std::string value_of(const Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

std::string misnamed(const std::string& label, const std::string& value, const char* expected) {
  return "label " + escaped(label, 64) + ": expected " + expected + ", got \"" + escaped(value, 64) + "\"";
}

// A whole number from 0 to 100 in plain decimal.
std::optional<int> percent_of(const std::string& text) {
  const auto percent = number_from<int>(text);
  const bool is_plain = percent && std::to_string(*percent) == text;
  return is_plain && *percent >= 0 && *percent <= 100 ? percent : std::nullopt;
}

// Reads the target's labels into `signal`; the URL's names stand in for absent ones.
void read_target(const TargetLabels& names, const UrlTarget& url, Signal& signal) {
  const std::string ns = value_of(signal.alert.labels, names.ns);
  const std::string name = value_of(signal.alert.labels, names.name);
  const std::string revision = value_of(signal.alert.labels, names.revision);
  if (!ns.empty() && !is_dns_label(ns)) {
    signal.problem = misnamed(names.ns, ns, "a namespace's name");
  } else if (!name.empty() && !is_dns_label(name)) {
    signal.problem = misnamed(names.name, name, "an InferenceService's name");
  } else if (!revision.empty() && !is_dns_subdomain(revision)) {
    signal.problem = misnamed(names.revision, revision, "a Revision's name");
  } else if (signal.action == Action::advance) {
    const std::string percent = value_of(signal.alert.labels, names.percent);
    signal.percent = percent_of(percent);
    if (!percent.empty() && !signal.percent)
      signal.problem = misnamed(names.percent, percent, "a number from 0 to 100");
  }
  if (!signal.problem.empty()) return;
  if (!revision.empty()) signal.revision = Revision(revision);
  const std::optional<Namespace> target_ns = ns.empty() ? url.ns : std::optional(Namespace(ns));
  const std::optional<ServiceName> target_name = name.empty() ? url.name : std::optional(ServiceName(name));
  if (target_ns && target_name) signal.target = Target{*target_ns, *target_name};
}

}  // namespace

const char* name_of(Action action) {
  switch (action) {
    case Action::rollback:
      return "rollback";
    case Action::advance:
      return "advance";
    case Action::hold:
      return "hold";
    case Action::heartbeat:
      return "heartbeat";
    case Action::ignore:
      return "ignore";
  }
  return "unknown";
}

Signal classify(Alert alert, const std::vector<Mapping>& mappings, const UrlTarget& url) {
  Signal signal;
  signal.alert = std::move(alert);
  const auto found = std::find_if(mappings.begin(), mappings.end(),
                                  [&](const Mapping& m) { return all_match(m.matchers, signal.alert.labels); });
  if (found == mappings.end()) return signal;
  signal.action = found->action;
  // Which service goes forward is never left to the address of a webhook.
  read_target(found->labels, signal.action == Action::advance ? UrlTarget{} : url, signal);
  return signal;
}

}  // namespace canaryd::alert
