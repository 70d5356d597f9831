#include "canaryd/rules/route_check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace canaryd;
using namespace canaryd::rules;

namespace {

constexpr const char* webhook =
    "  - name: canaryd\n"
    "    webhook_configs:\n"
    "      - url: https://canaryd-0:8443/webhooks/alertmanager\n"
    "        http_config: {follow_redirects: false, authorization: {credentials_file: t}}\n";

constexpr const char* timing =
    "group_by: [alertname, namespace, inferenceservice, revision], group_wait: 0s, group_interval: 1m, "
    "repeat_interval: 50s";

RouteCheck wanting(const std::string& matcher, alert::Action action = alert::Action::rollback) {
  RouteCheck check;
  alert::Mapping mapping;
  auto parsed = alert::Matcher::parse(matcher);
  REQUIRE(parsed);
  mapping.matchers.push_back(std::move(*parsed));
  mapping.action = action;
  check.mappings.push_back(std::move(mapping));
  return check;
}

// A configuration with these routes below a root that goes to people.
std::string with_routes(const std::string& routes, const std::string& more = "") {
  return "route:\n  receiver: people\n  routes:\n" + routes +
         "receivers:\n  - name: people\n    webhook_configs: [{url: 'http://x/'}]\n" + webhook + more;
}

std::string ours(const std::string& more = "") {
  return std::string("    - {receiver: canaryd, continue: true, ") + timing + more + "}\n";
}
const std::string people = "    - {receiver: people}\n";

std::vector<std::string> codes(const std::string& text, const RouteCheck& check) {
  std::vector<std::string> out;
  for (const auto& finding : check_route(text, check).findings) out.push_back(finding.code);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("a route as it should be has no findings") {
  CHECK(codes(with_routes(ours() + people), wanting("alertname=\"A\"")).empty());
}

TEST_CASE("a route is swallowed by one above it unless that goes on") {
  const auto check = wanting("alertname=\"A\"");
  CHECK(codes(with_routes("    - {receiver: people, matchers: [alertname=A]}\n" + ours()), check) ==
        Codes{"swallowed"});
  CHECK(codes(with_routes("    - {receiver: people, continue: true}\n" + ours()), check).empty());
}

TEST_CASE("what proves a canary good is for canaryd alone") {
  const auto check = wanting("alertname=\"A\"", alert::Action::advance);
  CHECK(codes(with_routes(ours() + people), check) == Codes{"advance_told"});
  const std::string alone = std::string("    - {receiver: canaryd, matchers: [alertname=A], ") + timing + "}\n";
  CHECK(codes(with_routes(alone + people), check).empty());
  CHECK(codes(with_routes("    - {receiver: people, matchers: [alertname=A]}\n" + ours()), check) ==
        Codes{"swallowed"});
}

TEST_CASE("a matcher that leaves one namespace out is found and the namespace named") {
  const auto report =
      check_route(with_routes(ours(", matchers: ['namespace!=\"b\"']") + people), wanting("alertname=\"A\""));
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].code == "not_matched");
  CHECK(report.findings[0].alerts == "A with namespace=\"b\"");
  CHECK(report.findings[0].line == 4);
}

TEST_CASE("canaryd watches only some namespaces and others are not asked for") {
  auto check = wanting("alertname=\"A\"");
  check.namespaces = {"a"};
  CHECK(codes(with_routes(ours(", matchers: ['namespace!=\"b\"']") + people), check).empty());
}

TEST_CASE("a child route below the one of canaryd takes the alert away") {
  CHECK(codes(with_routes(ours(", routes: [{receiver: people}]")), wanting("alertname=\"A\"")) ==
        Codes{"taken_by_child"});
}

TEST_CASE("timing is inherited and an empty group_by is none") {
  const std::string text =
      "route:\n  receiver: canaryd\n  group_by: ['...']\n  group_wait: 0\n  group_interval: 1m\n"
      "  repeat_interval: 50s\n  routes:\n    - {receiver: canaryd, continue: true, group_by: []}\n"
      "    - {receiver: people}\n"
      "receivers:\n  - {name: people, email_configs: [{to: x}]}\n";
  CHECK(codes(text + webhook, wanting("alertname=\"A\"")).empty());
}

TEST_CASE("a repeat interval equal to the group interval comes every second flush") {
  const std::string route =
      "    - {receiver: canaryd, continue: true, group_by: ['...'], group_wait: 0s, group_interval: 1m, "
      "repeat_interval: 1m}\n";
  CHECK(codes(with_routes(route + people), wanting("alertname=\"A\"")) == Codes{"repeat_interval"});
}

TEST_CASE("an inhibit rule whose source can never differ in severity is none") {
  const std::string rules =
      "inhibit_rules:\n  - {source_matchers: [severity=warning], target_matchers: [severity=critical], equal: "
      "[alertname]}\n";
  CHECK(codes(with_routes(ours() + people, rules), wanting("alertname=\"CanaryFailing\"")).empty());
  const std::string others =
      "inhibit_rules:\n  - {source_matchers: [severity=warning], target_matchers: [severity=critical], equal: "
      "[namespace]}\n";
  CHECK(codes(with_routes(ours() + people, others), wanting("alertname=\"CanaryFailing\"")) == Codes{"inhibited"});
}

TEST_CASE("alerts that match both sides of an inhibit rule spare each other") {
  const auto rule = [](const char* source) {
    return std::string("inhibit_rules:\n  - {source_matchers: ['severity=~\"") + source +
           "\"'], target_matchers: [severity=critical], equal: [namespace]}\n";
  };
  const auto check = wanting("alertname=\"CanaryFailing\"");
  CHECK(codes(with_routes(ours() + people, rule("critical")), check).empty());
  CHECK(codes(with_routes(ours() + people, rule("critical|page")), check) == Codes{"inhibited"});
}

TEST_CASE("anchors and merge keys are followed and a cycle ends in a finding") {
  const std::string text =
      "x: &r {receiver: canaryd, continue: true, group_by: ['...'], group_wait: 0s, group_interval: 1m, "
      "repeat_interval: 50s}\n";
  CHECK(codes(text + with_routes("    - {<<: *r, matchers: [alertname=A]}\n" + people), wanting("alertname=\"A\""))
            .empty());
  CHECK(codes("route: &a {receiver: x, routes: [*a]}\nreceivers: [{name: x}]\n", wanting("alertname=\"A\"")) ==
        Codes{"unreadable"});
}

TEST_CASE("what cannot be read has its place") {
  const auto report =
      check_route(with_routes("    - {receiver: canaryd, matchers: ['a=~\"(\"']}\n"), wanting("alertname=\"A\""));
  REQUIRE_FALSE(report.findings.empty());
  CHECK(report.findings[0].code == "unreadable");
  CHECK(report.findings[0].line == 4);
  CHECK(report.something_does_not_arrive());
  for (const char* const text : {"", "[]", "route: [", "route: {receiver: nobody}", "a: b", "\xff"}) {
    CAPTURE(text);
    CHECK(codes(text, wanting("alertname=\"A\"")) == Codes{"unreadable"});
  }
}

TEST_CASE("a client certificate is asked for when canaryd takes no connection without") {
  auto check = wanting("alertname=\"A\"");
  check.wants_certificate = true;
  CHECK(codes(with_routes(ours() + people), check) == Codes{"no_certificate"});
}

TEST_CASE("an alert is read from its name and labels") {
  CHECK(parse_alert("A{b=\"c\", d=\"e,f\"}").value() == alert::Labels{{"alertname", "A"}, {"b", "c"}, {"d", "e,f"}});
  CHECK(parse_alert("{alertname=\"A\"}").value() == alert::Labels{{"alertname", "A"}});
  CHECK_FALSE(parse_alert("A{b=~\"c\"}"));
  CHECK_FALSE(parse_alert(""));
}

TEST_CASE("where Alertmanager hides the URLs a receiver is canaryds by its name") {
  const auto hidden = [](const std::string& name) {
    return "route:\n  receiver: people\n  routes:\n    - {receiver: " + name + ", continue: true, " + timing + "}\n" +
           people + "receivers:\n  - name: people\n    webhook_configs: [{url: <secret>}]\n  - name: " + name +
           "\n    webhook_configs:\n      - url: <secret>\n" +
           "        http_config: {follow_redirects: false, authorization: {credentials: <secret>}}\n";
  };
  const auto check = wanting("alertname=\"A\"");
  CHECK(codes(hidden("monitoring/canaryd/canaryd"), check) == Codes{"url_unseen"});
  CHECK(codes(hidden("robots"), check) == Codes{"no_receiver"});
  auto named = check;
  named.receivers = {"robots"};
  CHECK(codes(hidden("robots"), named) == Codes{"url_unseen"});
}
