#include "doctor/kept_back.hpp"

#include <doctest/doctest.h>

using namespace canaryd;
using namespace canaryd::doctor;

namespace {

std::vector<alert::Mapping> mappings() {
  alert::Mapping rollback;
  auto matcher = alert::Matcher::parse("alertname=\"CanaryDown\"");
  REQUIRE(matcher);
  rollback.matchers.push_back(std::move(*matcher));
  rollback.action = alert::Action::rollback;
  return {rollback};
}

const alert::Labels down{{"alertname", "CanaryDown"}, {"namespace", "ml"}};

Findings check(const std::vector<ActiveAlert>& alerts) { return check_kept_back(alerts, mappings(), {"canaryd"}); }

}  // namespace

TEST_CASE("an alert for canaryd that is kept back is told once with what keeps it") {
  const auto read = decode_alert_groups(
      R"([{"receiver":{"name":"canaryd"},"alerts":[)"
      R"({"labels":{"alertname":"CanaryDown","namespace":"ml"},"status":{"silencedBy":["s-1"],"inhibitedBy":[]}},)"
      R"({"labels":{"alertname":"Other"},"status":{"silencedBy":["s-1"],"inhibitedBy":[]}}]},)"
      R"({"receiver":{"name":"people"},"alerts":[)"
      R"({"labels":{"alertname":"CanaryDown","namespace":"ml"},"status":{"silencedBy":["s-1"],"inhibitedBy":[]}}]}])");
  REQUIRE(read);
  const auto found = check(*read);
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::fail);
  CHECK(found.front().text.find("the silence s-1: alertname=CanaryDown, namespace=ml") != std::string::npos);
  CHECK(worst(check({{down, "canaryd", {}, {}, {}}})) == Health::ok);
}

TEST_CASE("an alert that canaryds route mutes is told and one that another route mutes is not") {
  const auto read =
      decode_alert_groups(R"([{"receiver":{"name":"canaryd"},"alerts":[{"labels":{"alertname":"CanaryDown"},)"
                          R"("status":{"silencedBy":[],"inhibitedBy":[],"mutedBy":["weekends"]}}]}])");
  REQUIRE(read);
  CHECK(worst(check(*read)) == Health::fail);
  CHECK(check(*read).front().text.find("the time interval weekends of its route") != std::string::npos);
  CHECK(worst(check({{down, "people", {}, {}, {"weekends"}}, {down, "canaryd", {}, {}, {}}})) == Health::ok);
}

TEST_CASE("an inhibited alert is told with the alert that inhibits it") {
  CHECK(check({{down, "canaryd", {}, {"abcd"}, {}}}).front().text.find("because of the alert abcd") !=
        std::string::npos);
}

TEST_CASE("what is no list of groups is an error") {
  for (const auto* text : {"<html>", "null", "{\"error\":\"log in\"}"}) CHECK_FALSE(decode_alert_groups(text));
}
