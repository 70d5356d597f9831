#include "canaryd/rules/catalog.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace canaryd::rules;

namespace {

std::string refusal(std::string_view text) {
  const File file[] = {{"a.yaml", text}};
  const auto rules = catalog(file);
  return rules ? "taken" : rules.error().message;
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("the catalog tells every rule with what it has") {
  const File files[] = {
      {"a.yaml",
       "groups:\n  - name: g\n    rules:\n      - record: x:y\n        expr: vector(1)\n"
       "      - alert: Broken\n        expr: x:y > 0\n        for: 2m\n        keep_firing_for: 1m\n        labels:\n"
       "          severity: critical\n        annotations:\n          summary: It is broken\n"},
      {"b.yaml", "groups:\n  - name: h\n    rules:\n      - alert: Bare\n        expr: vector(1)\n"}};
  const auto rules = catalog(files);
  REQUIRE(rules);
  REQUIRE(rules->size() == 3);
  CHECK(rules->at(0).file == "a.yaml");
  CHECK(rules->at(0).group == "g");
  CHECK_FALSE(rules->at(0).is_alert);
  CHECK(rules->at(0).name == "x:y");
  CHECK(rules->at(0).hold.empty());
  CHECK(rules->at(1).is_alert);
  CHECK(rules->at(1).name == "Broken");
  CHECK(rules->at(1).hold == "2m");
  CHECK(rules->at(1).keep == "1m");
  CHECK(rules->at(1).labels == std::map<std::string, std::string>{{"severity", "critical"}});
  CHECK(rules->at(1).severity == "critical");
  CHECK(rules->at(1).summary == "It is broken");
  CHECK(rules->at(2).file == "b.yaml");
  CHECK(rules->at(2).group == "h");
  CHECK(rules->at(2).name == "Bare");
  CHECK(rules->at(2).labels.empty());
  CHECK(rules->at(2).severity.empty());
  CHECK(rules->at(2).summary.empty());
}

TEST_CASE("a file that is no rule file is refused with its name and line") {
  CHECK(refusal("") == "a.yaml:1: no list of groups");
  CHECK(refusal("groups: 1\n") == "a.yaml:1: no list of groups");
  CHECK(refusal("[]") == "a.yaml:1: no list of groups");
  CHECK(refusal("groups:\n  - name: g\n    rules:\n      - expr: up\n") == "a.yaml:4: neither an alert nor a record");
  CHECK(refusal("groups:\n  - name: [\n").starts_with("a.yaml:3: "));
  CHECK(refusal("groups: [1]\n").starts_with("a.yaml:1: "));
  CHECK(refusal("groups: []\n") == "taken");
}

TEST_CASE("the catalog of the shipped files has each rule once") {
  const auto rules = catalog(embedded());
  REQUIRE(rules);
  for (const auto& file : embedded()) {
    CAPTURE(file.name);
    const auto of_file = [&](bool alerts) {
      return static_cast<std::size_t>(std::count_if(rules->begin(), rules->end(), [&](const Rule& rule) {
        return rule.file == file.name && rule.is_alert == alerts;
      }));
    };
    CHECK(of_file(true) == count_of(file.text, "\n      - alert: "));
    CHECK(of_file(false) == count_of(file.text, "\n      - record: "));
    CHECK(of_file(true) + of_file(false) > 0);
  }
}

TEST_CASE("every shipped alert has a severity and a summary") {
  const auto rules = catalog(embedded());
  REQUIRE(rules);
  for (const auto& rule : *rules) {
    if (!rule.is_alert) continue;
    CAPTURE(rule.name);
    CHECK_FALSE(rule.severity.empty());
    CHECK_FALSE(rule.summary.empty());
    const std::string told = without_templates(rule.summary);
    CHECK(told.find("{{") == std::string::npos);
    CHECK(told.find('\n') == std::string::npos);
  }
}

TEST_CASE("a template in a summary becomes the name of what it stands for") {
  CHECK(without_templates("") == "");
  CHECK(without_templates("none here") == "none here");
  CHECK(without_templates("Canary {{ $labels.revision }} of {{$labels.namespace}}/x fails") ==
        "Canary <revision> of <namespace>/x fails");
  CHECK(without_templates("{{ $value | humanizePercentage }} failed") == "<value> failed");
  CHECK(without_templates("{{ with query \"up\" }}x{{ end }}") == "<...>x<...>");
  CHECK(without_templates("open {{ $value") == "open {{ $value");
}
