#include "canaryd/rules/route_check.hpp"

#include <algorithm>

#include "route_checks.hpp"
#include "route_matchers.hpp"

namespace canaryd::rules {
namespace {

using namespace route;

RouteReport unreadable(const std::vector<Issue>& issues) {
  RouteReport report;
  for (const auto& issue : issues) {
    report.findings.push_back(
        {Severity::error, "unreadable", issue.place.line, issue.place.column, {}, issue.what, std::nullopt});
  }
  return report;
}

}  // namespace

bool RouteReport::something_does_not_arrive() const {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::error; });
}

RouteReport check_route(std::string_view alertmanager_yml, const RouteCheck& check) {
  std::vector<Issue> issues;
  const AlertmanagerConfig config = read_config(alertmanager_yml, issues);
  if (!issues.empty()) return unreadable(issues);
  const WantedAlerts wanted = wanted_alerts(check, config);
  Findings findings(wanted.alerts);
  const Scene scene{check, config, wanted.alerts, find_receivers(check, config, findings)};
  check_delivery(scene, findings);
  RouteReport report;
  for (std::size_t i = 0; i < wanted.alerts.size(); ++i) {
    const Wanted& alert = wanted.alerts[i];
    CheckedAlert checked{alert.labels, alert.action, {}, false};
    const auto sending = routes_of(config.root, alert.labels);
    for (const Route* const route : sending) {
      checked.receivers.push_back(route->receiver);
      checked.arrives = checked.arrives || scene.is_canaryds(*route);
    }
    report.alerts.push_back(std::move(checked));
    if (alert.action == alert::Action::ignore) {
      findings.add(i, Severity::warning, "not_mapped", {}, "canaryd ignores it: no entry of its `alerts` is for it");
      continue;
    }
    if (scene.receivers.empty()) continue;
    check_arrival(scene, i, sending, findings);
    check_inhibition(scene, i, findings);
  }
  if (!scene.receivers.empty()) {
    for (const auto& set : wanted_sets(check, wanted)) {
      check_set(scene, set, findings);
      check_inhibition(scene, set, findings);
    }
  }
  report.findings = findings.take();
  report.receivers = scene.receivers;
  return report;
}

Result<alert::Labels> parse_alert(std::string_view text) {
  const auto brace = text.find('{');
  const bool equals_first = text.find('=') < brace;
  alert::Labels labels;
  std::string_view rest = text;
  if (!equals_first) {
    const auto name = text.substr(0, brace);
    if (!name.empty()) labels["alertname"] = name;
    rest = brace == std::string_view::npos ? std::string_view() : text.substr(brace);
  }
  auto matchers = parse_matchers(rest);
  if (!matchers) return fail(std::move(matchers.error()));
  for (const auto& matcher : *matchers) {
    if (matcher.op() != alert::Matcher::Op::equal) {
      return fail(Error::invalid("an alert's label has one value, expected label=\"value\", got " + text_of(matcher)));
    }
    labels[matcher.label()] = matcher.value();
  }
  if (labels.empty()) return fail(Error::invalid("no labels, expected Name{label=\"value\"}"));
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  return labels;
}

}  // namespace canaryd::rules
