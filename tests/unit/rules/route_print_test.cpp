#include "canaryd/rules/route_print.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

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

std::string printed(std::vector<alert::Mapping> mappings) {
  RoutePrint print;
  print.mappings = std::move(mappings);
  print.urls = {"https://canaryd-0:8443/webhooks/alertmanager"};
  return route_text(print);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("backslashes and quotes of a matcher are written so that both parsers of Alertmanager read the same") {
  const std::string text = printed({mapping({R"(job=~"a\.b")", R"(team="it's")"}, alert::Action::rollback)});
  CHECK(has(text, R"('job=~"a\\.b"')"));
  CHECK(has(text, R"('team="it''s"')"));
}

TEST_CASE("an alert goes on to people and a heartbeat and what proves a canary good do not") {
  CHECK(has(printed({mapping({"alertname=\"A\""}, alert::Action::hold)}), "continue: true"));
  CHECK_FALSE(has(printed({mapping({"alertname=\"A\""}, alert::Action::heartbeat)}), "continue"));
  CHECK_FALSE(has(printed({mapping({"alertname=\"A\""}, alert::Action::advance)}), "continue"));
}

TEST_CASE("the evidence of each stage is a group of its own") {
  auto healthy = mapping({"alertname=\"A\""}, alert::Action::advance);
  CHECK(has(printed({healthy}), "group_by: [alertname, namespace, inferenceservice, revision, percent]\n"));
  healthy.labels.percent = "share";
  CHECK(has(printed({healthy}), "group_by: [alertname, namespace, inferenceservice, revision, share]\n"));
  CHECK_FALSE(has(printed({mapping({"alertname=\"A\""}, alert::Action::rollback)}), "percent"));
}

TEST_CASE("what an earlier entry matches is left out of a later route") {
  const auto ignored = mapping({"alertname=~\"A.*\"", "severity=\"info\""}, alert::Action::ignore);
  const auto wanted = mapping({"alertname=\"Alpha\""}, alert::Action::rollback);
  CHECK(has(printed({ignored, wanted}), "        - receiver: canaryd-left-out\n"));
  CHECK_FALSE(has(printed({wanted, ignored}), "canaryd-left-out"));
  CHECK_FALSE(has(printed({mapping({"alertname=\"Beta\""}, alert::Action::ignore), wanted}), "canaryd-left-out"));
}

TEST_CASE("an entry that ignores has no route") {
  CHECK_FALSE(has(printed({mapping({"alertname=\"A\""}, alert::Action::ignore)}), "alerts[0]"));
}

TEST_CASE("two parts of a target in one label are grouped by once, or Alertmanager refuses the whole file") {
  auto drift = mapping({"alertname=\"Drift\""}, alert::Action::rollback);
  drift.labels.name = "model";
  drift.labels.revision = "model";
  CHECK(has(printed({drift}), "group_by: [alertname, namespace, model]\n"));
}

TEST_CASE("versions of Alertmanager are read and too old ones refused") {
  CHECK(parse_alertmanager_version("0.25").value() == AlertmanagerVersion{0, 25});
  CHECK(parse_alertmanager_version("v1.2.3").value() == AlertmanagerVersion{1, 2});
  for (const char* const wrong : {"", "0", "0.", "0.21", "0.25.", "0.25.x", "latest", "0.-1", "0.25 "}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_alertmanager_version(wrong));
  }
}
