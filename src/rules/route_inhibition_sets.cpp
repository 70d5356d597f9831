#include <algorithm>

#include "route_checks.hpp"
#include "route_matchers.hpp"

namespace canaryd::rules::route {
namespace {

bool has(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The rules that can keep alerts of a set back.
class Rules {
 public:
  Rules(const Scene& scene, const WantedSet& set)
      : scene_(scene), set_(set), names_(scene.check.mappings[set.entry].labels), shipped_(shipped_alerts()) {}

  // What keeps some of them back, in words; empty: nothing can.
  std::string source_of(const InhibitRule& rule) const {
    const AlertSet targets = set_.alerts.with(rule.target);
    for (const auto& alert : shipped_) {
      const AlertSet sources = shipped_set(alert, names_, scene_.check);
      if (same_canary(rule, alert) && rolls_back(sources)) continue;
      if (inhibits(rule, targets, sources.agreeing(targets, rule.equal))) return alert.name;
    }
    // An alert that is not one of the shipped, and has another name.
    if (has(rule.equal, "alertname") && names_a_shipped(targets)) return {};
    AlertSet any;
    any.any("alertname");
    any.more_labels(true);
    AlertSet other = any.agreeing(targets, rule.equal);
    std::string names;
    for (const auto& alert : shipped_) names += (names.empty() ? "" : "|") + alert.name;
    if (const auto matcher = alert::Matcher::parse("alertname=~\"" + names + "\"")) other = other.without({*matcher});
    if (!inhibits(rule, targets, other)) return {};
    return rule.source.empty() ? "any alert" : "any alert of " + those(rule.source);
  }

 private:
  // Alerts that match both sides are not kept back by others that do.
  static bool inhibits(const InhibitRule& rule, const AlertSet& targets, const AlertSet& sources) {
    if (sources.of(rule.source) == Truth::none) return false;
    return targets.of(rule.source) != Truth::all || sources.with(rule.source).of(rule.target) != Truth::all;
  }

  bool names_a_shipped(const AlertSet& targets) const {
    return std::any_of(shipped_.begin(), shipped_.end(), [&](const Shipped& each) {
      return targets.of(*alert::Matcher::parse("alertname=\"" + each.name + "\"")) == Truth::all;
    });
  }

  bool same_canary(const InhibitRule& rule, const Shipped& alert) const {
    return alert.about_a_canary && has(rule.equal, names_.ns) && has(rule.equal, names_.name) &&
           has(rule.equal, names_.revision);
  }

  bool rolls_back(const AlertSet& alerts) const {
    const auto& mappings = scene_.check.mappings;
    const auto first = std::find_if(mappings.begin(), mappings.end(),
                                    [&](const auto& each) { return alerts.of(each.matchers) != Truth::none; });
    return first != mappings.end() && first->action == alert::Action::rollback;
  }

  const Scene& scene_;
  const WantedSet& set_;
  const alert::TargetLabels& names_;
  std::vector<Shipped> shipped_;
};

// Then only a source without the label keeps it back.
bool lacks_a_label(const AlertSet& alerts, const std::vector<std::string>& labels) {
  return std::any_of(labels.begin(), labels.end(), [&](const std::string& label) {
    const auto set = alert::Matcher::parse(label + "!=\"\"");
    return set && alerts.of(*set) == Truth::none;
  });
}

}  // namespace

void check_inhibition(const Scene& scene, const WantedSet& set, Findings& findings) {
  const Rules rules(scene, set);
  for (const auto& rule : scene.config.inhibit_rules) {
    if (set.alerts.of(rule.target) == Truth::none || findings.said(set.examples, "inhibited", rule.place)) continue;
    const std::string source = rules.source_of(rule);
    if (source.empty()) continue;
    const bool error = set.action == alert::Action::rollback && !lacks_a_label(set.alerts, rule.equal);
    findings.add(set, error ? Severity::error : Severity::warning, "inhibited", rule.place,
                 "not all arrive while " + source + " fires: this inhibit rule keeps back " +
                     those(set.alerts.undecided(rule.target)) +
                     "; add inferenceservice and revision to its `equal`, or alertname!~\"Canary.*\" to its "
                     "target_matchers");
  }
}

}  // namespace canaryd::rules::route
