#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "config_parts.hpp"
#include "config_values.hpp"

namespace canaryd::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_literal(const std::string& pattern) { return pattern.find_first_of("*?[") == std::string::npos; }

// Whether each name that `later` takes is taken by `earlier`, too. Sure when true.
bool covers(const std::vector<std::string>& earlier, const std::vector<std::string>& later) {
  const auto has_any = [](const std::vector<std::string>& patterns) {
    return patterns.empty() || std::find(patterns.begin(), patterns.end(), "*") != patterns.end();
  };
  if (has_any(earlier)) return true;
  if (has_any(later)) return false;
  return std::all_of(later.begin(), later.end(), [&](const std::string& wanted) {
    return std::any_of(earlier.begin(), earlier.end(), [&](const std::string& pattern) {
      return pattern == wanted || (is_literal(wanted) && fnmatch(pattern.c_str(), wanted.c_str(), 0) == 0);
    });
  });
}

bool covers(const policy::Policy& earlier, const policy::Policy& later) {
  const bool fewer_labels = std::all_of(earlier.labels.begin(), earlier.labels.end(), [&](const auto& label) {
    const auto own = later.labels.find(label.first);
    return own != later.labels.end() && own->second == label.second;
  });
  return fewer_labels && covers(earlier.namespaces, later.namespaces) && covers(earlier.names, later.names);
}

bool read_match(Section match, policy::Policy& out) {
  const Wanted pattern{"a name or a pattern such as team-*", is_name_pattern};
  bool good = true;
  for (auto [key, target] : {std::pair{"namespaces", &out.namespaces}, std::pair{"names", &out.names}}) {
    if (!match.texts(key, pattern, *target)) good = good && !match.has(key);
    if (match.has(key) && good && target->empty()) {
      match.problem(key, "got an empty list, expected at least one pattern, or no such key (which matches all)");
      good = false;
    }
  }
  if (!match.text_map("labels", {"the key of a Kubernetes label", is_kubernetes_label_key},
                      {"a label's value", is_kubernetes_label_value}, out.labels)) {
    good = good && !match.has("labels");
  }
  match.done();
  return good;
}

void read_rollback(Section rollback, policy::Policy& out) {
  rollback.flag("enabled", out.rollback);
  rollback.duration("last_stage_window", seconds(0), hours(24 * 7), out.last_stage_window);
  rollback.duration("confirm_within", seconds(1), hours(1), out.confirm_within);
  rollback.done();
}

bool read_policy(Section& entry, bool may_ask, policy::Policy& out) {
  static const std::vector<std::pair<std::string, policy::Unattributed>> unattributed{
      {"rollback", policy::Unattributed::rollback}, {"hold", policy::Unattributed::hold}};
  static const std::vector<std::pair<std::string, policy::Components>> components{
      {"together", policy::Components::together}, {"independent", policy::Components::independent}};
  static const std::vector<std::pair<std::string, policy::Mode>> modes{{"enforce", policy::Mode::enforce},
                                                                       {"observe", policy::Mode::observe}};
  entry.text("name", {"a name for logs and records", nullptr, true}, out.name);
  const bool match_is_good = read_match(entry.section("match", false, "a map with namespaces, names or labels"), out);
  entry.choice("mode", modes, out.mode);
  read_rollback(entry.section("rollback"), out);
  read_promotion(entry.section("promotion", false, "a map with enabled, stages, dwell or freeze"), may_ask,
                 out.promotion);
  entry.choice("unattributed", unattributed, out.unattributed);
  entry.duration("evidence_window", seconds(0), hours(24), out.evidence_window);
  entry.choice("components", components, out.components);
  read_thresholds(entry.section("thresholds"), out.thresholds);
  entry.done();
  return match_is_good;
}

}  // namespace

void read_policies(Section& root, bool may_ask, std::vector<policy::Policy>& out) {
  std::map<std::string, int> names;
  std::vector<std::pair<policy::Policy, int>> seen;
  for (auto& entry : root.sections("policies", "a map with name", false)) {
    policy::Policy found;
    const bool whole = read_policy(entry, may_ask, found);
    const auto [first, fresh] = names.emplace(found.name, entry.place_of("name").line);
    if (!fresh && !found.name.empty()) {
      entry.problem("name", "the same as on line " + std::to_string(first->second) +
                                ", expected a name of its own for each policy");
    }
    const auto before = std::find_if(seen.begin(), seen.end(),
                                     [&](const auto& earlier) { return whole && covers(earlier.first, found); });
    if (before != seen.end()) {
      entry.problem("", "never reached, expected it before the policy on line " + std::to_string(before->second) +
                            ", which matches every service that this one does");
    }
    if (whole) seen.emplace_back(found, entry.place().line);
    out.push_back(std::move(found));
  }
  if (root.has("policies")) return;
  policy::Policy everything;
  everything.name = "default";
  out.push_back(std::move(everything));
}

}  // namespace canaryd::app
