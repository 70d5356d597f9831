#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/shipped_alerts.hpp"
#include "app/config/yaml_tree.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/rules/embedded.hpp"

using namespace canaryd;
using namespace canaryd::app;
using alert::Action;

namespace {

const YamlNode& item(const YamlNode& map, std::string_view key) {
  static const YamlNode none;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    if (map.keys[i].name == key) return map.items[i];
  }
  return none;
}

// The alerts of a shipped rule file.
std::vector<YamlNode> alerts_in(std::string_view file) {
  const auto files = rules::embedded();
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& one) { return one.name == file; });
  REQUIRE(found != files.end());
  const YamlReading yaml = read_yaml(found->text);
  REQUIRE(yaml.root);
  std::vector<YamlNode> alerts;
  for (const auto& group : item(*yaml.root, "groups").items) {
    for (const auto& rule : item(group, "rules").items) {
      if (!item(rule, "alert").text.empty()) alerts.push_back(rule);
    }
  }
  return alerts;
}

std::set<std::string> alerts_of(std::string_view file) {
  std::set<std::string> names;
  for (const auto& rule : alerts_in(file)) names.insert(item(rule, "alert").text);
  return names;
}

std::string document(const std::string& name) {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE_MESSAGE(source != nullptr, "CANARYD_SOURCE must name the source folder");
  const auto text = read_file(std::string(source) + "/docs/" + name);
  REQUIRE(text.has_value());
  return *text;
}

// What the shipped mapping says of an alert's name; nullopt: nothing.
std::optional<Action> action_of(const std::string& name) {
  for (const auto& mapping : shipped_alerts()) {
    const bool all = std::all_of(mapping.matchers.begin(), mapping.matchers.end(),
                                 [&](const auto& matcher) { return matcher.matches({{"alertname", name}}); });
    if (all) return mapping.action;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("every alert that the shipped rules have for canaryd is mapped as meant and no other is") {
  const std::map<std::string, Action> meant{{"CanaryHighErrorRate", Action::rollback},
                                            {"CanaryFailing", Action::rollback},
                                            {"CanaryHighLatency", Action::rollback},
                                            {"CanaryLowConfidence", Action::rollback},
                                            {"CanaryHigherErrorRate", Action::rollback},
                                            {"CanaryHigherLatency", Action::rollback},
                                            {"CanaryDown", Action::rollback},
                                            {"CanaryNoData", Action::hold},
                                            {"CanarydHeartbeat", Action::heartbeat},
                                            {"CanaryHealthy", Action::advance}};
  std::set<std::string> names;
  for (const auto& [name, action] : meant) {
    CAPTURE(name);
    CHECK(action_of(name) == action);
    names.insert(name);
  }
  CHECK(alerts_of("canary.yaml") == names);
  for (const auto* name : {"CanaryDownstream", "XCanaryDown", "CanaryNoDataYet", "KubePodCrashLooping", ""}) {
    CAPTURE(name);
    CHECK_FALSE(action_of(name));
  }
}

TEST_CASE("an alert for people is not mapped") {
  const auto names = alerts_of("canaryd.yaml");
  CHECK(names.contains("CanaryRolledBack"));
  for (const auto& name : names) {
    CAPTURE(name);
    CHECK_FALSE(action_of(name));
  }
}

TEST_CASE("what is not rolled back in time is told of every alert that asks for a rollback") {
  const auto people = alerts_in("canaryd.yaml");
  const auto rule = std::find_if(people.begin(), people.end(),
                                 [](const auto& one) { return item(one, "alert").text == "CanaryNotRolledBack"; });
  REQUIRE(rule != people.end());
  const std::string expr = item(*rule, "expr").text;
  const std::string start = "alertname=~\"";
  const auto from = expr.find(start) + start.size();
  std::set<std::string> named;
  std::istringstream names(expr.substr(from, expr.find('"', from) - from));
  for (std::string name; std::getline(names, name, '|');) named.insert(name);
  std::set<std::string> meant;
  for (const auto& name : alerts_of("canary.yaml")) {
    if (action_of(name) == Action::rollback) meant.insert(name);
  }
  CHECK(named == meant);
}

// kube-prometheus hides an alert when a worse one of its name fires in its namespace, and `info` altogether.
TEST_CASE("every alert for people has one severity and all that its reader needs") {
  const std::string page = document("alerts-for-people.md");
  std::map<std::string, std::string> severities;
  for (const auto& rule : alerts_in("canaryd.yaml")) {
    const std::string name = item(rule, "alert").text;
    CAPTURE(name);
    const std::string severity = item(item(rule, "labels"), "severity").text;
    CHECK((severity == "critical" || severity == "warning"));
    CHECK(severities.emplace(name, severity).first->second == severity);
    const YamlNode& annotations = item(rule, "annotations");
    for (const auto* key : {"summary", "description"}) CHECK(item(annotations, key).text.size() > 20);
    CHECK(item(annotations, "value").text == "{{ $value }}");
    std::string anchor = name;
    std::transform(anchor.begin(), anchor.end(), anchor.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    CHECK(item(annotations, "runbook_url").text == "docs/alerts-for-people.md#" + anchor);
    CHECK(page.find("\n## " + name + "\n\n**Means**: ") != std::string::npos);
    CHECK(page.find("| [" + name + "](#" + anchor + ") | " + severity + " |") != std::string::npos);
  }
}
