#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "canaryd/rules/route_check.hpp"

using namespace canaryd;
using namespace canaryd::rules;

namespace {

alert::Mapping mapping(const std::vector<std::string>& matchers, alert::Action action) {
  alert::Mapping out;
  for (const auto& text : matchers) {
    auto matcher = alert::Matcher::parse(text);
    REQUIRE(matcher);
    out.matchers.push_back(std::move(*matcher));
  }
  out.action = action;
  return out;
}

RouteCheck shipped() {
  RouteCheck check;
  check.mappings.push_back(
      mapping({"alertname=~\"CanaryHigh.*|CanaryLow.*|CanaryFailing|CanaryDown\""}, alert::Action::rollback));
  return check;
}

RouteCheck own(const std::vector<std::string>& matchers) {
  RouteCheck check;
  check.mappings.push_back(mapping(matchers, alert::Action::rollback));
  return check;
}

const std::string timing =
    ", group_by: [alertname, namespace, inferenceservice, revision], group_wait: 0s, group_interval: 1m, "
    "repeat_interval: 50s";

std::string to(const std::string& receiver, const std::string& matcher, const std::string& more = "") {
  return "    - {receiver: " + receiver + ", matchers: ['" + matcher + "']" + more + timing + "}\n";
}
std::string ours(const std::string& matcher = "alertname!=\"\"", const std::string& more = ", continue: true") {
  return to("canaryd", matcher, more);
}

std::string config(const std::string& routes, const std::string& more = "") {
  return "route:\n  receiver: people\n  routes:\n" + routes +
         "    - {receiver: people}\n"
         "receivers:\n  - {name: people, email_configs: [{to: x}]}\n  - name: canaryd\n    webhook_configs:\n"
         "      - url: https://canaryd-0:8443/webhooks/alertmanager\n"
         "        http_config: {follow_redirects: false, authorization: {credentials_file: t}}\n" +
         more;
}

std::vector<std::string> codes(const RouteReport& report) {
  std::vector<std::string> out;
  for (const auto& finding : report.findings) out.push_back(finding.code);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("a route above takes some alerts by a matcher of any form and is found") {
  for (const std::string matcher :
       {R"(namespace=~"team-[ab].*")", R"(namespace=~"(team|dept)-.*")", R"(namespace=~"teams?-.*")",
        R"(namespace=~"(?i)TEAM-.*")", R"(namespace!~"kube-system|any-.*")", R"(inferenceservice=~"fraud[0-9]+")",
        R"(inferenceservice=~"fraud\d+")", R"(revision=~".+-00003")", R"(revision=~".*-0000[3-9]")", R"(percent="5")",
        R"(percent=~"[0-9]")", R"(component=~"tr.*")"}) {
    CAPTURE(matcher);
    const auto report = check_route(config(to("people", matcher) + ours()), shipped());
    CHECK(report.something_does_not_arrive());
    REQUIRE_FALSE(report.findings.empty());
    CHECK(report.findings[0].code == "swallowed");
    CHECK(report.findings[0].line == 4);
    CHECK(codes(check_route(config(to("people", matcher, ", continue: true") + ours()), shipped())).empty());
    CHECK(codes(check_route(config(ours() + to("people", matcher)), shipped())).empty());
  }
}

TEST_CASE("what a route takes is said by its matchers") {
  const auto report = check_route(config(to("people", R"(namespace=~"team-[ab].*")") + ours()), shipped());
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].text.find(R"(takes those with namespace=~"team-[ab].*" and has no)") != std::string::npos);
}

TEST_CASE("a signal is a label of high latency alone") {
  const auto report = check_route(config(to("people", R"(signal="latency_seconds")") + ours()), shipped());
  REQUIRE(codes(report) == Codes{"swallowed"});
  CHECK(report.findings[0].alerts == "CanaryHighLatency");
}

TEST_CASE("any number of routes is looked at") {
  std::string routes;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    routes += to("people", "namespace=\"team" + number + "\", inferenceservice=\"svc" + number + "\"",
                 i == 39 ? "" : ", continue: true");
  }
  const auto report = check_route(config(routes + ours()), shipped());
  REQUIRE(report.something_does_not_arrive());
  CHECK(report.findings[0].line == 43);
}

TEST_CASE("a route that surely takes no alert of a canary is no finding") {
  for (const std::string matcher : {R"(namespace="")", R"(alertname="Watchdog")", R"(severity=~"info|none")",
                                    R"(namespace!~".+")", R"(percent="101")",
                                    R"(component!="predictor",component!=)"
                                    R"("transformer",component!="explainer")",
                                    R"(percent!~"[0-9]+")", R"(revision="",namespace=~"team-[ab].*")"}) {
    CAPTURE(matcher);
    CHECK(codes(check_route(config(to("people", matcher) + ours()), shipped())).empty());
  }
}

TEST_CASE("matchers of canaryd that every alert fulfils leave nothing out") {
  for (const std::string matcher : {R"(namespace!="")", R"(namespace=~".+")", R"(namespace=~".*")",
                                    R"(percent=~"[0-9]+")", R"(component=~"predictor|transformer|explainer")"}) {
    CAPTURE(matcher);
    CHECK(codes(check_route(config(ours(matcher)), shipped())).empty());
  }
}

TEST_CASE("a route of canaryd for some namespaces leaves the others out") {
  const auto report = check_route(config(ours(R"(namespace=~"team-[ab].*")")), shipped());
  CHECK(report.something_does_not_arrive());
  CHECK(codes(report) == Codes{"not_matched"});
  auto check = shipped();
  check.namespaces = {"team-a", "team-b1"};
  CHECK(codes(check_route(config(ours(R"(namespace=~"team-[ab].*")")), check)).empty());
  check.namespaces = {"team-a", "team-c"};
  CHECK(codes(check_route(config(ours(R"(namespace=~"team-[ab].*")")), check)) == Codes{"not_matched"});
}

TEST_CASE("two routes of canaryd that divide the alerts between them leave nothing out") {
  const std::string first = ours(R"(namespace=~"team-[ab].*")");
  CHECK(codes(check_route(config(first + ours(R"(namespace!~"team-[ab].*")")), shipped())).empty());
  CHECK(codes(check_route(config(first + ours(R"(namespace!~"team-[ac].*")")), shipped())) == Codes{"not_matched"});
}

TEST_CASE("the matchers of the entry itself say what a route need not take") {
  const std::string some = R"(namespace=~"team-[ab].*")";
  CHECK(codes(check_route(config(ours(some)), own({"alertname=\"A\"", some}))).empty());
  CHECK(codes(check_route(config(to("people", R"(namespace!~"team-[ab].*")") + ours()), own({"alertname=\"A\"", some})))
            .empty());
  auto check = own({"alertname=\"A\""});
  check.mappings.insert(check.mappings.begin(), mapping({some}, alert::Action::ignore));
  CHECK(codes(check_route(config(to("people", some) + ours()), check)).empty());
}

TEST_CASE("a shipped alert that an earlier entry ignores in part is still wanted elsewhere") {
  auto check = shipped();
  check.mappings.insert(check.mappings.begin(),
                        mapping({"alertname=~\"Canary.*\"", "namespace=\"test\""}, alert::Action::ignore));
  CHECK(codes(check_route(config(to("people", "namespace=\"test\"") + ours()), check)).empty());
  CHECK(codes(check_route(config(to("people", R"(namespace=~"team-[ab].*")") + ours()), check)) == Codes{"swallowed"});
}

TEST_CASE("a child and a mute time that concern some alerts are found") {
  const std::string child = R"(, continue: true, routes: [{receiver: people, matchers: ['namespace=~"team-[ab].*"']}])";
  CHECK(codes(check_route(config(ours("alertname!=\"\"", child)), shipped())) == Codes{"taken_by_child"});
  const std::string muted = ", mute_time_intervals: [night], continue: true";
  const std::string night = "time_intervals: [{name: night, time_intervals: [{weekdays: [monday]}]}]\n";
  const std::string some = ours(R"(namespace=~"team-[ab].*")", muted);
  CHECK(codes(check_route(config(some + ours(R"(namespace!~"team-[ab].*")"), night), shipped())) == Codes{"muted"});
  CHECK(codes(check_route(config(some + ours(), night), shipped())).empty());
}

TEST_CASE("a label that only Prometheus could add is a warning until it is told") {
  const std::string text = config(to("people", "env=\"staging\"") + ours());
  auto check = shipped();
  CHECK(codes(check_route(text, check)) == Codes{"depends_on_label"});
  CHECK_FALSE(check_route(text, check).something_does_not_arrive());
  check.external_labels = {{"env", "staging"}};
  CHECK(codes(check_route(text, check)) == Codes{"swallowed"});
  check.external_labels = {{"env", "live"}};
  CHECK(codes(check_route(text, check)).empty());
  CHECK(codes(check_route(config(to("people", "severity=\"critical\"") + ours()), own({"alertname=\"A\""}))) ==
        Codes{"depends_on_label"});
}

TEST_CASE("an inhibit rule is found whatever the form of its matchers") {
  const auto with = [](const std::string& rule) {
    return codes(check_route(config(ours(), "inhibit_rules:\n  - " + rule + "\n"), shipped()));
  };
  CHECK(with(R"({source_matchers: ['alertname=~"Node[A-Z].*"'], target_matchers: ['alertname=~"Canary.*"']})") ==
        Codes{"inhibited"});
  CHECK(
      with(R"({source_matchers: [alertname=X], target_matchers: ['namespace=~"team-[ab].+"'], equal: [namespace]})") ==
      Codes{"inhibited"});
  CHECK(
      with(R"({source_matchers: [alertname=CanaryDown], target_matchers: ['alertname="CanaryFailing"', 'percent="5"'],)"
           R"( equal: [namespace]})") == Codes{"inhibited"});
  CHECK(
      with(R"({source_matchers: [alertname=CanaryDown], target_matchers: ['alertname="CanaryFailing"', 'percent="5"'],)"
           R"( equal: [namespace, inferenceservice, revision]})")
          .empty());
  CHECK(with(R"({source_matchers: [severity=warning], target_matchers: ['namespace=~"team-[ab].+"'],)"
             R"( equal: [namespace, alertname]})")
            .empty());
  CHECK(with(R"({source_matchers: [alertname=X], target_matchers: ['severity=~"inf.*"']})").empty());
}
