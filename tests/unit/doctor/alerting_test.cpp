#include "doctor/alerting.hpp"

#include <doctest/doctest.h>

using namespace canaryd;
using namespace canaryd::doctor;

namespace {

alert::Matcher matcher(const std::string& text) {
  auto parsed = alert::Matcher::parse(text);
  REQUIRE(parsed);
  return std::move(*parsed);
}

std::vector<alert::Mapping> mappings() {
  alert::Mapping rollback;
  rollback.matchers = {matcher("alertname=~\"CanaryDown|CanaryFailing\"")};
  rollback.action = alert::Action::rollback;
  alert::Mapping hold;
  hold.matchers = {matcher("alertname=\"CanaryNoData\"")};
  hold.action = alert::Action::hold;
  return {rollback, hold};
}

std::vector<rules::CheckedAlert> wanted() {
  const alert::Labels target{{"namespace", "any-namespace"}, {"inferenceservice", "any-service"}};
  rules::CheckedAlert down{target, alert::Action::rollback, {}, true};
  down.labels["alertname"] = "CanaryDown";
  down.labels["severity"] = "critical";
  rules::CheckedAlert none{target, alert::Action::hold, {}, true};
  none.labels["alertname"] = "CanaryNoData";
  none.labels["severity"] = "warning";
  return {down, none};
}

const std::vector<Target> services{{Namespace("ml"), ServiceName("iris")}};

Findings silenced_by(const std::vector<std::string>& matchers) {
  Silence silence{"id-1", "bob", "", "2026-01-01T00:00:00Z", {}, {}};
  for (const auto& text : matchers) silence.matchers.push_back(matcher(text));
  return check_silences({silence}, wanted(), mappings(), services);
}

}  // namespace

TEST_CASE("a silence that hits a rollback is a FAIL and one that hits a hold a WARN") {
  CHECK(worst(silenced_by({"severity=\"critical\""})) == Health::fail);
  CHECK(worst(silenced_by({"alertname=\"CanaryNoData\""})) == Health::warn);
  CHECK(worst(silenced_by({"alertname=\"Watchdog\""})) == Health::ok);
  CHECK(silenced_by({"severity=\"critical\""}).front().text.find("CanaryDown") != std::string::npos);
}

TEST_CASE("a silence of a service counts where the service is in scope") {
  CHECK(worst(silenced_by({"namespace=\"ml\""})) == Health::fail);
  CHECK(worst(silenced_by({"namespace=\"other\""})) == Health::ok);
  CHECK(worst(silenced_by({"namespace=\"ml\"", "inferenceservice=\"rose\""})) == Health::ok);
}

TEST_CASE("a silence by a label that differs from alert to alert can hit") {
  CHECK(worst(silenced_by({"revision=\"iris-predictor-00002\""})) == Health::fail);
  CHECK(worst(silenced_by({"alertname=~\".+\"", "cluster=\"prod\""})) == Health::fail);
}

TEST_CASE("silences are read with all four operators and the expired ones are left out") {
  const auto read = decode_silences(
      R"([{"id":"a","status":{"state":"active"},"matchers":[{"name":"x","value":"a\"b","isRegex":false,"isEqual":false},)"
      R"({"name":"y","value":"c.*","isRegex":true,"isEqual":true},{"name":"z","value":"d","isRegex":true,"isEqual":false},)"
      R"({"name":"w","value":"e","isRegex":false}]},{"id":"b","status":{"state":"expired"},"matchers":[]}])");
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  const auto& matchers = read->front().matchers;
  CHECK(matchers[0].text() == "x!=\"a\\\"b\"");
  CHECK(matchers[1].text() == "y=~\"c.*\"");
  CHECK(matchers[2].text() == "z!~\"d\"");
  CHECK(matchers[3].text() == "w=\"e\"");
}

TEST_CASE("a silence with a matcher that cannot be read may hit and hides no other one") {
  const auto read = decode_silences(
      R"([{"id":"a","status":{"state":"active"},"matchers":[{"name":"team.name","value":"x","isRegex":false}]},)"
      R"({"id":"b","status":{"state":"active"},"matchers":[{"name":"severity","value":"critical","isRegex":false}]}])");
  REQUIRE(read);
  const auto found = check_silences(*read, wanted(), mappings(), services);
  REQUIRE(found.size() == 2);
  CHECK(found[0].text.find("the silence a {team.name=\"x\"}") != std::string::npos);
  CHECK(found[1].text.find("the silence b {severity=\"critical\"}") != std::string::npos);
}

TEST_CASE("what is no list of silences is an error and not none of them") {
  for (const auto* text : {"null", "{\"error\":\"log in\"}", "\"[]\"", "<html>"}) CHECK_FALSE(decode_silences(text));
  CHECK(decode_silences("[]"));
}

TEST_CASE("the walk's errors are FAIL and its warnings WARN") {
  rules::RouteReport report;
  report.alerts = wanted();
  CHECK(worst(check_route_report(report)) == Health::ok);
  report.findings.push_back({rules::Severity::warning, "group_wait", 3, 1, "CanaryDown", "late", std::nullopt});
  CHECK(worst(check_route_report(report)) == Health::warn);
  CHECK(check_route_report(report).size() == 2);
  report.findings.push_back({rules::Severity::error, "swallowed", 3, 1, "CanaryDown", "lost", std::nullopt});
  const auto found = check_route_report(report);
  CHECK(worst(found) == Health::fail);
  CHECK(found.size() == 2);
}

TEST_CASE("the hosts are those of the webhooks of canaryd that are shown") {
  CHECK(webhook_hosts("receivers:\n- name: c\n  webhook_configs:\n"
                      "  - url: https://canaryd-0.canaryd.svc:8443/webhooks/alertmanager?namespace=ml\n"
                      "  - url: <secret>\n  - url: https://other/hook\n- name: empty\n") ==
        std::vector<std::string>{"canaryd-0.canaryd.svc"});
  CHECK(webhook_hosts("a: [").empty());
}

TEST_CASE("an answer without a configuration is none") {
  CHECK_FALSE(decode_status("{}").has_value());
  CHECK(decode_status(R"({"versionInfo":{"version":"0.25.0"},"config":{"original":"route: {}"}})")->version ==
        "0.25.0");
}
