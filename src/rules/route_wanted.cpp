#include "route_wanted.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "canaryd/rules/catalog.hpp"
#include "route_matchers.hpp"
#include "route_tree.hpp"

namespace canaryd::rules::route {
namespace {

using alert::Labels;
using alert::Mapping;
using alert::Matcher;

// Stand for every namespace and service that the file does not name.
constexpr const char* any_namespace = "any-namespace";
constexpr const char* any_service = "any-service";

// For each label the values that the matchers of Alertmanager's file speak of.
std::map<std::string, std::set<std::string>> named_in(const AlertmanagerConfig& config) {
  std::map<std::string, std::set<std::string>> out;
  const auto add = [&](const std::vector<Matcher>& matchers) {
    for (const auto& matcher : matchers) {
      for (auto& value : named_values(matcher)) out[matcher.label()].insert(std::move(value));
    }
  };
  for (const Route* const route : all_routes(config.root)) add(route->matchers);
  for (const auto& rule : config.inhibit_rules) {
    add(rule.source);
    add(rule.target);
  }
  return out;
}

// Every combination of a value for each label; at most max_variants.
std::vector<Labels> combinations(const Labels& fixed, const std::map<std::string, std::vector<std::string>>& choices) {
  std::vector<Labels> out{fixed};
  for (const auto& [label, values] : choices) {
    std::vector<Labels> next;
    for (const auto& labels : out) {
      for (const auto& value : values) {
        if (next.size() == max_variants) break;
        next.push_back(labels);
        next.back()[label] = value;
      }
    }
    out = std::move(next);
  }
  return out;
}

class Collector {
 public:
  Collector(const RouteCheck& check, const AlertmanagerConfig& config)
      : check_(check), named_(named_in(config)), shipped_(shipped_alerts()) {}

  WantedAlerts collect() {
    for (const auto& alert : shipped_) {
      if (const Mapping* const mapping = first_for(alert.name)) add_shipped(alert, *mapping);
    }
    for (std::size_t i = 0; i < check_.mappings.size(); ++i) {
      if (check_.mappings[i].action != alert::Action::ignore) add_own(i);
    }
    for (const auto& labels : check_.more_alerts) add(labels, nullptr, false);
    return std::move(out_);
  }

 private:
  // The entry that an alert of this name would come to if its other matchers held.
  const Mapping* first_for(const std::string& name) const {
    for (const auto& mapping : check_.mappings) {
      if (value_passes(mapping.matchers, "alertname", name)) return &mapping;
    }
    return nullptr;
  }

  // The values to try for one label: `own` and what the file names, as far as the entry's matchers let them pass.
  std::vector<std::string> choices(const Mapping& mapping, const std::string& label,
                                   const std::vector<std::string>& own) const {
    std::vector<std::string> values = own;
    for (const auto& matcher : mapping.matchers) {
      if (matcher.label() != label) continue;
      for (auto& value : named_values(matcher)) values.push_back(std::move(value));
    }
    const bool limited = label == mapping.labels.ns && !check_.namespaces.empty();
    if (const auto named = named_.find(label); named != named_.end() && !limited) {
      values.insert(values.end(), named->second.begin(), named->second.end());
    }
    std::set<std::string> seen;
    std::erase_if(values, [&](const std::string& value) {
      return !value_passes(mapping.matchers, label, value) || !seen.insert(value).second;
    });
    return values;
  }

  // Adds the labels of the target with their choices.
  void choose_target(const Mapping& mapping, std::map<std::string, std::vector<std::string>>& out) const {
    const auto& names = mapping.labels;
    const std::vector<std::string> spaces =
        check_.namespaces.empty() ? std::vector<std::string>{any_namespace} : check_.namespaces;
    out[names.ns] = choices(mapping, names.ns, spaces);
    out[names.name] = choices(mapping, names.name, {any_service});
    out["component"] = choices(mapping, "component", {"predictor"});
  }

  void add_shipped(const Shipped& alert, const Mapping& mapping) {
    Labels fixed{{"alertname", alert.name}};
    if (!alert.severity.empty()) fixed["severity"] = alert.severity;
    std::map<std::string, std::vector<std::string>> open;
    if (alert.about_a_canary) {
      fixed.merge(target_labels(mapping.labels, any_namespace, any_service));
      choose_target(mapping, open);
    }
    for (const auto& labels : combinations(fixed, open)) add(labels, &mapping, true);
  }

  // Alerts that only the entry's own matchers describe.
  void add_own(std::size_t index) {
    const Mapping& mapping = check_.mappings[index];
    std::map<std::string, std::vector<std::string>> open;
    if (mapping.action != alert::Action::heartbeat) choose_target(mapping, open);
    for (const auto& matcher : mapping.matchers) {
      const std::string& label = matcher.label();
      if (!value_passes(mapping.matchers, label, "")) open[label] = choices(mapping, label, {});
    }
    open["alertname"] = own_names(mapping);
    if (open["alertname"].empty() && matches_shipped(mapping)) return;
    Labels fixed;
    if (mapping.action != alert::Action::heartbeat) {
      fixed = target_labels(mapping.labels, any_namespace, any_service);
    }
    for (const auto& labels : combinations(fixed, open)) add(labels, &mapping, false);
  }

  // Names of a team's own alerts that the entry may be for. Where it is for shipped alerts too, a name that only stands
  // for a pattern adds nothing.
  std::vector<std::string> own_names(const Mapping& mapping) const {
    auto names = choices(mapping, "alertname", {"AnyAlert"});
    const bool both = matches_shipped(mapping);
    std::erase_if(names, [&](const std::string& name) {
      const bool written = std::any_of(mapping.matchers.begin(), mapping.matchers.end(), [&](const Matcher& matcher) {
        return matcher.label() == "alertname" && matcher.value().find(name) != std::string::npos;
      });
      return is_shipped(name) || (both && !written);
    });
    return names;
  }

  bool is_shipped(const std::string& name) const {
    return std::any_of(shipped_.begin(), shipped_.end(), [&](const Shipped& each) { return each.name == name; });
  }

  bool matches_shipped(const Mapping& mapping) const {
    return std::any_of(shipped_.begin(), shipped_.end(),
                       [&](const Shipped& each) { return first_for(each.name) == &mapping; });
  }

  // Keeps the alert when canaryd's own first match is `wanted` (any but `ignore` when null).
  void add(Labels labels, const Mapping* wanted, bool shipped) {
    const auto found = std::find_if(check_.mappings.begin(), check_.mappings.end(),
                                    [&](const Mapping& each) { return alert::all_match(each.matchers, labels); });
    const bool none = found == check_.mappings.end();
    if (wanted != nullptr && (none || &*found != wanted || found->action == alert::Action::ignore)) return;
    for (const auto& [name, value] : check_.external_labels) labels.emplace(name, value);
    Wanted alert;
    alert.name = labels["alertname"];
    alert.labels = std::move(labels);
    alert.shipped = shipped;
    if (!none) {
      alert.action = found->action;
      alert.target = found->labels;
      alert.entry = static_cast<std::size_t>(found - check_.mappings.begin());
    }
    out_.alerts.push_back(std::move(alert));
  }

  const RouteCheck& check_;
  std::map<std::string, std::set<std::string>> named_;
  std::vector<Shipped> shipped_;
  WantedAlerts out_;
};

}  // namespace

std::vector<Shipped> shipped_alerts() {
  std::vector<Shipped> out;
  const auto rules = catalog(embedded());
  if (!rules) return out;  // a test reads the embedded files
  for (const auto& rule : *rules) {
    if (!rule.is_alert) continue;
    const bool canary = rule.file == "canary.yaml" && rule.name != "CanarydHeartbeat";
    const auto same = std::find_if(out.begin(), out.end(), [&](const Shipped& each) {
      return each.name == rule.name && each.severity == rule.severity;
    });
    if (same == out.end()) out.push_back({rule.name, rule.severity, canary});
  }
  return out;
}

Labels target_labels(const alert::TargetLabels& names, const std::string& ns, const std::string& service) {
  return {{names.ns, ns},
          {names.name, service},
          {names.revision, service + "-predictor-00002"},
          {"component", "predictor"},
          {names.percent, "10"}};
}

WantedAlerts wanted_alerts(const RouteCheck& check, const AlertmanagerConfig& config) {
  return Collector(check, config).collect();
}

}  // namespace canaryd::rules::route
