#include "doctor/rules_loaded.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "canaryd/base/time_text.hpp"
#include "canaryd/rules/catalog.hpp"
#include "canaryd/rules/embedded.hpp"

using namespace canaryd;
using namespace canaryd::doctor;

namespace {

// What Prometheus would say of the shipped rules.
std::vector<LoadedRule> shipped() {
  std::vector<LoadedRule> out;
  const auto seconds = [](const std::string& text) {
    const auto duration = parse_duration(text);
    return duration ? std::chrono::duration<double>(*duration).count() : 0;
  };
  const auto catalog = rules::catalog(rules::embedded());
  REQUIRE(catalog);
  for (const auto& rule : *catalog) {
    out.push_back({rule.group, seconds(rule.interval), rule.is_alert, rule.name, rule.expression, seconds(rule.hold),
                   seconds(rule.keep), rule.labels, ""});
  }
  return out;
}

LoadedRule& named(std::vector<LoadedRule>& rules, const std::string& name) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& each) { return each.name == name; });
  REQUIRE(found != rules.end());
  return *found;
}

Health status(const std::vector<LoadedRule>& rules) { return worst(check_rules(rules)); }

}  // namespace

TEST_CASE("the shipped rules are the shipped rules") {
  const auto found = check_rules(shipped());
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::ok);
  CHECK(found.front().text.find("knative-legacy, knative-otel, model-metrics") != std::string::npos);
}

TEST_CASE("one source is enough and none is a FAIL") {
  auto rules = shipped();
  std::erase_if(rules, [](const auto& each) { return each.group.starts_with("canary-source-knative"); });
  CHECK(status(rules) == Health::ok);
  std::erase_if(rules, [](const auto& each) { return each.group.starts_with("canary-source-"); });
  CHECK(status(rules) == Health::fail);
}

TEST_CASE("a missing alert that rolls back is a FAIL and one for people a WARN") {
  auto rules = shipped();
  std::erase_if(rules, [](const auto& each) { return each.name == "CanarydDown"; });
  CHECK(status(rules) == Health::warn);
  std::erase_if(rules, [](const auto& each) { return each.name == "CanaryDown"; });
  CHECK(status(rules) == Health::fail);
}

TEST_CASE("a changed rule is a WARN that names it") {
  for (const int what : {0, 1, 2, 3, 4}) {
    auto rules = shipped();
    LoadedRule& rule = named(rules, "CanaryHighErrorRate");
    if (what == 0) rule.expression += " > 1";
    if (what == 1) rule.hold += 60;
    if (what == 2) rule.labels["severity"] = "info";
    if (what == 3) rule.labels["team"] = "ml";
    if (what == 4) rule.keep = 600;
    const auto found = check_rules(rules);
    REQUIRE(found.size() == 1);
    CHECK(found.front().status == Health::warn);
    CHECK(found.front().text.find("CanaryHighErrorRate") != std::string::npos);
  }
}

TEST_CASE("a loosened rule beside the shipped one is a WARN that names it") {
  for (const char* const group : {"canary", "left-over"}) {
    auto rules = shipped();
    LoadedRule old = named(rules, "CanaryHealthy");
    old.group = group;
    old.hold = 0;
    rules.push_back(old);
    const auto found = check_rules(rules);
    REQUIRE(found.size() == 1);
    CHECK(found.front().status == Health::warn);
    CHECK(found.front().text.find("CanaryHealthy (group " + std::string(group) + ")") != std::string::npos);
  }
}

TEST_CASE("a rule that is loaded twice as shipped is no other rule") {
  auto rules = shipped();
  rules.push_back(named(rules, "CanaryHealthy"));
  CHECK(status(rules) == Health::ok);
}

TEST_CASE("a source of ones own beside the shipped ones is none of them") {
  auto rules = shipped();
  LoadedRule own = named(rules, "canary:requests:rate2m");
  own.group = "canary-source-own";
  own.labels["source"] = "own";
  rules.push_back(own);
  CHECK(status(rules) == Health::ok);
}

TEST_CASE("a group that is evaluated too rarely is a WARN") {
  auto rules = shipped();
  named(rules, "CanaryHighErrorRate").interval = 60;
  CHECK(status(rules) == Health::warn);
}

TEST_CASE("a rule that fails is a FAIL with its error") {
  auto rules = shipped();
  named(rules, "CanaryHighErrorRate").error = "many-to-many matching";
  const auto found = check_rules(rules);
  CHECK(worst(found) == Health::fail);
  CHECK(found.front().text.find("many-to-many") != std::string::npos);
}

TEST_CASE("an expression is the same however a printer writes it") {
  CHECK(normal_form("  max by (a, b) (\n  x{job=\"c\", z=\"{,} #\"} # why\n) < +Inf") ==
        normal_form("max by(a,b)(x{z=\"{,} #\",job=\"c\"}) < Inf"));
  CHECK(normal_form("x + Inf") == "x+Inf");
  CHECK(normal_form("x{a=\"1\"}") != normal_form("x{a=\"2\"}"));
  CHECK(normal_form("x{a=\"b c\"}") != normal_form("x{a=\"bc\"}"));
  CHECK(normal_form("{a=\"\\\"}\"}") != normal_form("{a=\"\\\"\"}"));
}

TEST_CASE("what is no answer of Prometheus is an error") {
  CHECK_FALSE(decode_rules("{}").has_value());
  CHECK_FALSE(decode_rules("<html>").has_value());
  const auto read = decode_rules(
      R"({"data":{"groups":[{"name":"g","interval":5,"rules":[{"type":"alerting","name":"A","query":"x","duration":60,"keepFiringFor":30,)"
      R"("labels":{"severity":"critical"},"health":"err","lastError":"no"}]}]}})");
  REQUIRE(read);
  CHECK(read->front().labels.at("severity") == "critical");
  CHECK(read->front().keep == 30);
  CHECK(read->front().error == "no");
  CHECK(read->front().hold == 60);
}
