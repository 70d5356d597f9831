#include "rules_loaded.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/rules/catalog.hpp"
#include "canaryd/rules/embedded.hpp"
#include "json.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using rules::Rule;

constexpr const char* check = "prometheus.rules";
constexpr std::string_view sources_folder = "sources/";
constexpr std::string_view source_group = "canary-source-";

std::string source_of_file(const std::string& file) {
  return file.substr(sources_folder.size(), file.rfind('.') - sources_folder.size());
}

double seconds_of(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::chrono::duration<double>(*duration).count() : 0;
}

bool is_named(const LoadedRule& loaded, const Rule& shipped) {
  return loaded.group == shipped.group && loaded.name == shipped.name && loaded.is_alert == shipped.is_alert;
}

bool is_same(const LoadedRule& loaded, const Rule& shipped) {
  return normal_form(loaded.expression) == normal_form(shipped.expression) && loaded.hold == seconds_of(shipped.hold) &&
         loaded.severity == shipped.severity;
}

// What is found of one shipped file.
struct FileState {
  std::size_t rules = 0;
  std::size_t found = 0;
  std::set<std::string> missing;
  std::set<std::string> changed;
  std::set<std::string> slow;     // groups
  std::set<std::string> failing;  // rule: error
};

FileState state_of(const std::vector<Rule>& shipped, const std::vector<LoadedRule>& loaded) {
  FileState state;
  for (const auto& rule : shipped) {
    ++state.rules;
    const LoadedRule* named = nullptr;
    bool same = false;
    for (const auto& each : loaded) {
      if (!is_named(each, rule)) continue;
      if (named == nullptr) named = &each;
      same = same || is_same(each, rule);
      if (!each.error.empty()) state.failing.insert(each.name + ": " + each.error);
      if (each.interval > seconds_of(rule.interval)) state.slow.insert(rule.group);
    }
    if (named == nullptr) {
      state.missing.insert(rule.name);
      continue;
    }
    ++state.found;
    if (!same) state.changed.insert(rule.name);
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

Result<std::vector<LoadedRule>> decode_rules(std::string_view json) {
  const auto answer = Value::parse(json);
  if (!answer) return fail(answer.error());
  if (!(*answer)["data"]["groups"].present()) return fail(Error::invalid("an answer without data.groups"));
  std::vector<LoadedRule> out;
  for (const auto& group : (*answer)["data"]["groups"].items()) {
    for (const auto& rule : group["rules"].items()) {
      LoadedRule loaded;
      loaded.group = group["name"].text();
      loaded.interval = group["interval"].number().value_or(0);
      loaded.is_alert = rule["type"].text() == "alerting";
      loaded.name = rule["name"].text();
      loaded.expression = rule["query"].text();
      loaded.hold = rule["duration"].number().value_or(0);
      if (loaded.is_alert) loaded.severity = rule["labels"]["severity"].text();
      if (rule["health"].text() == "err") loaded.error = rule["lastError"].text();
      if (rule["health"].text() == "err" && loaded.error.empty()) loaded.error = "no reason is given";
      out.push_back(std::move(loaded));
    }
  }
  return out;
}

std::string normal_form(std::string_view expression) {
  std::string out;
  char quote = 0;
  std::vector<std::string> matchers;  // of the selector that is open
  bool inside = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    std::string& text = inside ? matchers.back() : out;
    if (quote != 0) {
      text += c;
      if (c == '\\' && quote != '`' && i + 1 < expression.size()) text += expression[++i];
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      text += c;
      quote = c;
    } else if (c == '#') {
      while (i + 1 < expression.size() && expression[i + 1] != '\n') ++i;
    } else if (c == '{') {
      inside = true;
      matchers.assign(1, {});
    } else if (c == '}') {
      inside = false;
      std::sort(matchers.begin(), matchers.end());
      out += '{';
      for (const auto& each : matchers) out += each + ",";
      out += '}';
    } else if (inside && c == ',') {
      matchers.emplace_back();
    } else if (c == '+' && expression.substr(i + 1).starts_with("Inf") && !out.empty() &&
               std::string_view("<>=(,").find(out.back()) != std::string_view::npos) {
      continue;
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      text += c;
    }
  }
  return out;
}

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
    if (!file.starts_with(sources_folder)) {
      check_alert_file(file, state, file == "canary.yaml", out);
    } else if (state.found > 0) {
      sources.insert(source_of_file(file));
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

std::set<std::string> loaded_sources(const std::vector<LoadedRule>& loaded) {
  std::set<std::string> out;
  for (const auto& file : rules::embedded()) {
    if (!file.name.starts_with(sources_folder)) continue;
    const std::string source = source_of_file(std::string(file.name));
    const std::string group = std::string(source_group) + source;
    const bool there =
        std::any_of(loaded.begin(), loaded.end(), [&](const LoadedRule& rule) { return rule.group == group; });
    if (there) out.insert(source);
  }
  return out;
}

Windows windows_of(const std::string& source, const std::vector<LoadedRule>& loaded) {
  Windows out;
  for (const auto& rule : loaded) {
    if (rule.group != std::string(source_group) + source &&
        rule.group != std::string(source_group) + source + "-slow") {
      continue;
    }
    std::string_view rest = rule.expression;
    for (auto open = rest.find('['); open != std::string_view::npos; open = rest.find('[')) {
      rest.remove_prefix(open + 1);
      const auto window = parse_duration(rest.substr(0, rest.find_first_of(":]")));
      if (!window) continue;
      if (out.shortest.count() == 0 || *window < out.shortest) out.shortest = *window;
      out.longest = std::max(out.longest, *window);
    }
  }
  return out;
}

}  // namespace canaryd::doctor
