#include <algorithm>
#include <map>
#include <optional>

#include "canaryd/base/text.hpp"
#include "route_checks.hpp"
#include "route_matchers.hpp"

namespace canaryd::rules::route {
namespace {

using alert::Labels;

// How many sources are tried for one rule and one alert.
constexpr std::size_t max_sources = 4096;

std::string value_of(const Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

// Alertmanager's own condition (inhibit.InhibitRule): labels that both lack are equal, and an alert that matches both
// sides is not kept back by another that does.
bool inhibits(const InhibitRule& rule, const Labels& source, const Labels& target) {
  if (!alert::all_match(rule.target, target) || !alert::all_match(rule.source, source)) return false;
  if (alert::all_match(rule.source, target) && alert::all_match(rule.target, source)) return false;
  return std::all_of(rule.equal.begin(), rule.equal.end(),
                     [&](const std::string& label) { return value_of(source, label) == value_of(target, label); });
}

// Something that can keep an alert back.
struct Source {
  Labels labels;
  std::string words;
};

bool same_service(const Labels& a, const Labels& b, const alert::TargetLabels& names) {
  return value_of(a, names.ns) == value_of(b, names.ns) && value_of(a, names.name) == value_of(b, names.name) &&
         value_of(a, names.revision) == value_of(b, names.revision);
}

// The shipped alerts, whose labels are known: about another service of the same namespace, of another namespace, or
// about this very canary. The last counts only when canaryd does not roll back because of it anyway.
class KnownSources {
 public:
  KnownSources(const Scene& scene, const Wanted& kept_back) : scene_(scene), kept_back_(kept_back) {
    const std::string ns = value_of(kept_back.labels, kept_back.target.ns);
    for (const auto& shipped : shipped_alerts()) {
      if (!shipped.about_a_canary) {
        add(shipped, {}, "");
        continue;
      }
      add(shipped, target_labels(kept_back.target, ns, "another-service"), " of another service in the same namespace");
      add(shipped, target_labels(kept_back.target, "another-namespace", "another-service"),
          " of a service in another namespace");
      Labels same;
      for (const auto& [name, value] : kept_back.labels) {
        if (name != "alertname" && name != "severity") same[name] = value;
      }
      add(shipped, same, " of this canary");
    }
  }

  const std::vector<Source>& all() const { return sources_; }

 private:
  void add(const Shipped& shipped, Labels labels, const std::string& whose) {
    labels["alertname"] = shipped.name;
    if (!shipped.severity.empty()) labels["severity"] = shipped.severity;
    for (const auto& [name, value] : scene_.check.external_labels) labels.emplace(name, value);
    if (labels == kept_back_.labels) return;
    const auto mapping = std::find_if(scene_.check.mappings.begin(), scene_.check.mappings.end(),
                                      [&](const auto& each) { return alert::all_match(each.matchers, labels); });
    const bool rolls_back = mapping != scene_.check.mappings.end() && mapping->action == alert::Action::rollback;
    if (rolls_back && same_service(labels, kept_back_.labels, kept_back_.target)) return;
    sources_.push_back({std::move(labels), shipped.name + whose});
  }

  const Scene& scene_;
  const Wanted& kept_back_;
  std::vector<Source> sources_;
};

// The labels that a source's match depends on beside those of `equal`, each with the values worth trying.
std::map<std::string, std::vector<std::string>> choices(const InhibitRule& rule, const Wanted& kept_back) {
  std::map<std::string, std::vector<std::string>> out{{"alertname", {"AnyOtherAlert"}}};
  for (const auto* const matchers : {&rule.source, &rule.target}) {
    for (const auto& matcher : *matchers) {
      auto& values = out[matcher.label()];
      for (auto& value : named_values(matcher)) values.push_back(std::move(value));
    }
  }
  for (auto& choice : out) {
    const std::string& label = choice.first;
    auto& values = choice.second;
    values.push_back(label == "alertname" ? "AnyOtherAlert" : "");
    values.push_back("any");
    const bool fixed = std::find(rule.equal.begin(), rule.equal.end(), label) != rule.equal.end();
    if (fixed) values = {value_of(kept_back.labels, label)};
    std::erase_if(values, [&](const std::string& value) { return !value_passes(rule.source, label, value); });
  }
  return out;
}

std::string words_of(const InhibitRule& rule, const Labels& source) {
  std::string words;
  std::set<std::string> said;
  for (const auto& matcher : rule.source) {
    const std::string value = value_of(source, matcher.label());
    if (value.empty() || !said.insert(matcher.label()).second) continue;
    words += (words.empty() ? "" : ", ") + escaped(matcher.label(), 64) + "=\"" + escaped(value, 64) + "\"";
  }
  return words.empty() ? "any alert" : "any alert with " + words;
}

// An alert that is not one of the shipped, made so that it matches the source side; nullopt when none can be thought
// of.
std::optional<Source> other_source(const InhibitRule& rule, const Wanted& kept_back) {
  Labels base;
  for (const auto& label : rule.equal) {
    if (const std::string value = value_of(kept_back.labels, label); !value.empty()) base[label] = value;
  }
  std::vector<Labels> tried{base};
  for (const auto& [label, values] : choices(rule, kept_back)) {
    std::vector<Labels> next;
    for (const auto& labels : tried) {
      for (const auto& value : values) {
        if (next.size() == max_sources) break;
        next.push_back(labels);
        if (!value.empty()) next.back()[label] = value;
      }
    }
    tried = std::move(next);
  }
  const auto shipped = shipped_alerts();
  for (const auto& labels : tried) {
    const std::string name = value_of(labels, "alertname");
    const bool known =
        std::any_of(shipped.begin(), shipped.end(), [&](const Shipped& each) { return each.name == name; });
    if (!known && !name.empty() && inhibits(rule, labels, kept_back.labels))
      return Source{labels, words_of(rule, labels)};
  }
  return std::nullopt;
}

// Labels that tell clusters and Prometheus servers apart: whoever lists them in `equal` has them on every alert.
bool on_every_alert(const std::string& label) {
  return label == "cluster" || label == "prometheus" || label == "prometheus_replica";
}

// Labels of `equal` that the alert does not have: only a source without them keeps it back.
std::string lacking(const InhibitRule& rule, const Wanted& kept_back) {
  std::string names;
  for (const auto& label : rule.equal) {
    if (kept_back.labels.contains(label) || on_every_alert(label)) continue;
    names += (names.empty() ? "" : " and ") + escaped(label, 64);
  }
  return names;
}

std::string equal_words(const InhibitRule& rule, const Wanted& kept_back) {
  std::string names;
  for (const auto& label : rule.equal) {
    if (!kept_back.labels.contains(label) && !on_every_alert(label)) continue;
    names += (names.empty() ? "" : ", ") + escaped(label, 64);
  }
  const std::string without = lacking(rule, kept_back);
  return (without.empty() ? "" : " without a label " + without) + (names.empty() ? "" : " in the same " + names);
}

}  // namespace

void check_inhibition(const Scene& scene, std::size_t alert, Findings& findings) {
  const Wanted& kept_back = scene.alerts[alert];
  const auto report = [&](const InhibitRule& rule, const Source& source, const std::string& words, bool sure) {
    const bool error = sure && kept_back.action == alert::Action::rollback;
    const Severity severity = error ? Severity::error : Severity::warning;
    findings.add(alert, severity, "inhibited", rule.place,
                 "does not arrive while " + words +
                     " fires: this inhibit rule keeps it back; add inferenceservice and "
                     "revision to its `equal`, or alertname!~\"Canary.*\" to its target_matchers");
    findings.example(kept_back.labels, source.labels);
  };
  const KnownSources known(scene, kept_back);
  for (const auto& rule : scene.config.inhibit_rules) {
    if (!alert::all_match(rule.target, kept_back.labels)) continue;
    const auto first = std::find_if(known.all().begin(), known.all().end(), [&](const Source& source) {
      return inhibits(rule, source.labels, kept_back.labels);
    });
    if (first != known.all().end()) {
      report(rule, *first, first->words, true);
    } else if (const auto other = other_source(rule, kept_back)) {
      report(rule, *other, other->words + equal_words(rule, kept_back), lacking(rule, kept_back).empty());
    }
  }
}

}  // namespace canaryd::rules::route
