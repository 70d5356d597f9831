#include "rules_loaded.hpp"

#include <algorithm>
#include <map>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/rules/catalog.hpp"
#include "canaryd/rules/embedded.hpp"
#include "sources.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using rules::Rule;

constexpr const char* check = "prometheus.rules";

double seconds_of(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::chrono::duration<double>(*duration).count() : 0;
}

bool is_named(const LoadedRule& loaded, const Rule& shipped) {
  return loaded.group == shipped.group && loaded.name == shipped.name && loaded.is_alert == shipped.is_alert;
}

// An alert counts wherever it stands: canaryd and Alertmanager know it by its name. A recorded series may have other
// sources, in groups of their own.
bool is_in_place_of(const LoadedRule& loaded, const Rule& shipped) {
  return is_named(loaded, shipped) || (loaded.is_alert && shipped.is_alert && loaded.name == shipped.name);
}

bool is_same(const LoadedRule& loaded, const Rule& shipped) {
  return normal_form(loaded.expression) == normal_form(shipped.expression) && loaded.hold == seconds_of(shipped.hold) &&
         loaded.keep == seconds_of(shipped.keep) && loaded.labels == shipped.labels;
}

// What is found of one shipped file.
struct FileState {
  std::size_t found = 0;
  std::set<std::string> missing;
  std::set<std::string> changed;
  std::set<std::string> beside;   // a changed copy of a rule that is loaded as shipped, too
  std::set<std::string> slow;     // groups
  std::set<std::string> failing;  // rule: error
};

void look_for(const Rule& rule, const std::vector<LoadedRule>& loaded, FileState& state) {
  bool named = false;
  bool same = false;
  for (const auto& each : loaded) {
    if (!is_named(each, rule)) continue;
    named = true;
    same = same || is_same(each, rule);
    if (!each.error.empty()) state.failing.insert(each.name + ": " + each.error);
    if (each.interval > seconds_of(rule.interval)) state.slow.insert(rule.group);
  }
  state.found += named ? 1 : 0;
  if (!named) {
    state.missing.insert(rule.name);
  } else if (!same) {
    state.changed.insert(rule.name);
  }
}

FileState state_of(const std::vector<Rule>& shipped, const std::vector<LoadedRule>& loaded) {
  FileState state;
  for (const auto& rule : shipped) look_for(rule, loaded, state);
  // A name may be shipped several times: a copy is another's only where it is none of them.
  for (const auto& each : loaded) {
    const auto theirs = [&](const Rule& rule) { return is_in_place_of(each, rule); };
    const auto same = [&](const Rule& rule) { return theirs(rule) && is_same(each, rule); };
    if (state.changed.contains(each.name) || std::none_of(shipped.begin(), shipped.end(), theirs)) continue;
    if (std::none_of(shipped.begin(), shipped.end(), same)) {
      state.beside.insert(each.name + " (group " + each.group + ")");
    }
  }
  return state;
}

void tell_faults(const std::string& file, const FileState& state, Findings& out) {
  if (!state.failing.empty()) {
    out.push_back(
        {check, Health::fail, "rules of " + file + " fail: " + listed(state.failing, 3),
         "see the error on Prometheus' page of rules; one that says many-to-many has two series where the rule "
         "wants one: look for a target that is scraped twice"});
  }
  if (!state.changed.empty()) {
    out.push_back(
        {check, Health::warn, "rules of " + file + " are not those of this canaryd: " + listed(state.changed),
         "where nobody has changed them on purpose: canaryd rules print, of the same version as the daemon, and "
         "apply them again"});
  }
  if (!state.beside.empty()) {
    out.push_back({check, Health::warn,
                   "beside the shipped rules others with names of " + file + " are loaded: " + listed(state.beside),
                   "remove them, or rename what is your own: an older copy fires as if it were the shipped rule"});
  }
  if (!state.slow.empty()) {
    out.push_back({check, Health::warn,
                   "groups of " + file + " are evaluated less often than shipped: " + listed(state.slow),
                   "leave `interval` as it is shipped: each alert comes later by what it is more"});
  }
}

void check_alert_file(const std::string& file, const FileState& state, bool rolls_back, Findings& out) {
  if (!state.missing.empty()) {
    out.push_back({check, rolls_back ? Health::fail : Health::warn,
                   state.found == 0 ? file + " is not loaded" + (rolls_back ? ": no alert rolls anything back" : "")
                                    : file + " is loaded in part, without " + listed(state.missing),
                   "canaryd rules print > canaryd-rules.yaml, in `rule_files`; with prometheus-operator apply the "
                   "PrometheusRule and see that its labels are those of the Prometheus object's ruleSelector"});
  }
  tell_faults(file, state, out);
}

}  // namespace

Findings check_rules(const std::vector<LoadedRule>& loaded) {
  const auto catalog = rules::catalog(rules::embedded());
  if (!catalog)
    return {{check, Health::unknown, escaped(catalog.error().message), "this is a fault of canaryd's build"}};
  std::map<std::string, std::vector<Rule>> files;
  for (const auto& rule : *catalog) files[rule.file].push_back(rule);
  Findings out;
  std::size_t in_all = 0;
  std::set<std::string> sources;
  for (const auto& [file, shipped] : files) {
    const FileState state = state_of(shipped, loaded);
    in_all += state.found;
    const std::string source = source_of_file(file);
    if (source.empty()) {
      check_alert_file(file, state, file == "canary.yaml", out);
    } else if (state.found > 0) {
      sources.insert(source);
      check_alert_file(file, state, true, out);
    }
  }
  if (sources.empty()) {
    out.push_back({check, Health::fail, "no source of metrics is loaded: the alerts have nothing to read",
                   "canaryd rules print --source NAME for what your model servers export (docs/sources.md), or without "
                   "--source for all"});
  }
  if (out.empty()) {
    out.push_back(
        {check,
         Health::ok,
         std::to_string(in_all) + " rules are loaded as shipped, with the sources " + listed(sources) + "; none fails",
         {}});
  }
  return out;
}

}  // namespace canaryd::doctor
