#include <algorithm>
#include <set>

#include "route_matchers.hpp"
#include "route_wanted.hpp"

namespace canaryd::rules::route {
namespace {

using alert::Mapping;

bool has_target(const Mapping& mapping) { return mapping.action != alert::Action::heartbeat; }

// The labels that tell one service, canary and stage from another.
void add_target(AlertSet& set, const alert::TargetLabels& names, const RouteCheck& check) {
  set.one_of("component", {"predictor", "transformer", "explainer"});
  set.any(names.name);
  set.any(names.revision);
  set.any(names.ns);
  if (!check.namespaces.empty()) set.one_of(names.ns, check.namespaces);
}

std::vector<std::string> percentages() {
  std::vector<std::string> out;
  for (int percent = 1; percent <= 100; ++percent) out.push_back(std::to_string(percent));
  return out;
}

void add_external(AlertSet& set, const RouteCheck& check) {
  for (const auto& [name, value] : check.external_labels) set.one_of(name, {value});
}

}  // namespace

AlertSet shipped_set(const Shipped& alert, const alert::TargetLabels& names, const RouteCheck& check) {
  AlertSet set;
  add_external(set, check);
  set.one_of("alertname", {alert.name});
  if (!alert.severity.empty()) set.one_of("severity", {alert.severity});
  if (!alert.about_a_canary) {
    for (const auto& label : {names.ns, names.name, names.revision, std::string("component")}) set.one_of(label, {""});
    return set;
  }
  add_target(set, names, check);
  set.one_of(names.percent, percentages());
  set.one_of("signal", {""});
  if (alert.name == "CanaryHighLatency") set.one_of("signal", {"latency_ratio", "latency_seconds"});
  return set;
}

namespace {

// What an earlier entry leaves, also by a label of which nothing is known.
AlertSet left_by(const Mapping& mapping, AlertSet set) {
  set.more_labels(true);
  if (set.of(mapping.matchers) == Truth::some) set = set.without(mapping.matchers);
  set.more_labels(false);
  return set;
}

class Sets {
 public:
  Sets(const RouteCheck& check, const WantedAlerts& examples) : check_(check), examples_(examples.alerts) {
    for (const auto& alert : shipped_alerts()) add_shipped(alert);
    for (std::size_t i = 0; i < check_.mappings.size(); ++i) {
      if (check_.mappings[i].action != alert::Action::ignore) add_own(i);
    }
    // Those of --alert stand last.
    for (std::size_t i = examples_.size() - check_.more_alerts.size(); i < examples_.size(); ++i) add_given(i);
  }

  std::vector<WantedSet> take() { return std::move(sets_); }

 private:
  // To each entry what those before it leave.
  void add_shipped(const Shipped& alert) {
    std::vector<const Mapping*> before;
    for (std::size_t i = 0; i < check_.mappings.size(); ++i) {
      const Mapping& mapping = check_.mappings[i];
      AlertSet set = shipped_set(alert, mapping.labels, check_);
      for (const Mapping* const other : before) set = left_by(*other, std::move(set));
      const Truth truth = set.of(mapping.matchers);
      before.push_back(&mapping);
      if (truth == Truth::none) continue;
      takes_shipped_.insert(i);
      if (mapping.action != alert::Action::ignore) {
        add(set.with(mapping.matchers), i, !check_.external_labels.empty(),
            [&](const Wanted& each) { return each.shipped && each.entry == i && each.name == alert.name; });
      }
      if (truth == Truth::all) return;
    }
  }

  // The alerts of a team's own that an entry may be for. An entry for shipped alerts is for others only where it names
  // them.
  void add_own(std::size_t index) {
    const Mapping& mapping = check_.mappings[index];
    AlertSet set;
    add_external(set, check_);
    set.any("alertname");
    if (has_target(mapping)) add_target(set, mapping.labels, check_);
    for (const auto& matcher : mapping.matchers) {
      if (!matcher.matches({})) set.any(matcher.label());
    }
    if (const auto names = own_names(mapping, takes_shipped_.contains(index)); !names.empty()) {
      set.one_of("alertname", names);
    } else if (takes_shipped_.contains(index)) {
      return;
    }
    for (std::size_t i = 0; i < index; ++i) {
      if (set.of(check_.mappings[i].matchers) == Truth::all) return;
      set = left_by(check_.mappings[i], std::move(set));
    }
    if (set.of(mapping.matchers) == Truth::none) return;
    add(set.with(mapping.matchers), index, false,
        [&](const Wanted& each) { return !each.shipped && each.entry == index; });
  }

  // The names that the entry itself writes, without the shipped ones; none where it writes a pattern alone.
  static std::vector<std::string> own_names(const Mapping& mapping, bool for_shipped) {
    std::vector<std::string> out;
    for (const auto& matcher : mapping.matchers) {
      const bool positive = matcher.op() == alert::Matcher::Op::equal || matcher.op() == alert::Matcher::Op::match;
      if (matcher.label() != "alertname" || !positive || (!for_shipped && !only_values(matcher))) continue;
      for (auto& name : named_values(matcher)) {
        if (matcher.value().find(name) != std::string::npos && !is_shipped(name)) out.push_back(std::move(name));
      }
    }
    return out;
  }

  static bool is_shipped(const std::string& name) {
    const auto shipped = shipped_alerts();
    return std::any_of(shipped.begin(), shipped.end(), [&](const Shipped& each) { return each.name == name; });
  }

  void add_given(std::size_t index) {
    if (examples_[index].action == alert::Action::ignore) return;
    AlertSet set;
    for (const auto& [name, value] : examples_[index].labels) set.one_of(name, {value});
    sets_.push_back({std::move(set), {index}, examples_[index].entry, examples_[index].action, true});
  }

  template <class IsExample>
  void add(AlertSet alerts, std::size_t entry, bool all_labels_known, const IsExample& is_example) {
    WantedSet set{std::move(alerts), {}, entry, check_.mappings[entry].action, all_labels_known};
    const std::size_t made = examples_.size() - check_.more_alerts.size();
    for (std::size_t i = 0; i < made; ++i) {
      if (is_example(examples_[i])) set.examples.push_back(i);
    }
    sets_.push_back(std::move(set));
  }

  const RouteCheck& check_;
  const std::vector<Wanted>& examples_;
  std::set<std::size_t> takes_shipped_;
  std::vector<WantedSet> sets_;
};

}  // namespace

std::vector<WantedSet> wanted_sets(const RouteCheck& check, const WantedAlerts& examples) {
  return Sets(check, examples).take();
}

}  // namespace canaryd::rules::route
