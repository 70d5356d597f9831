#include "doctor/test_alert.hpp"

#include <doctest/doctest.h>

#include "canaryd/base/time_text.hpp"

using namespace canaryd;
using namespace canaryd::doctor;

namespace {

std::vector<alert::Mapping> mapping(const std::string& matcher, alert::Action action = alert::Action::rollback) {
  alert::Mapping out;
  auto parsed = alert::Matcher::parse(matcher);
  REQUIRE(parsed);
  out.matchers.push_back(std::move(*parsed));
  out.action = action;
  return {out};
}

const Namespace ns("ml");

}  // namespace

TEST_CASE("the test alert is one that rolls back and its service is nobodys") {
  const auto test = test_alert(mapping("alertname=\"CanaryDown\""), ns, "0123abcd");
  REQUIRE(test);
  CHECK(test->labels.at("alertname") == "CanaryDown");
  CHECK(test->labels.at("namespace") == "ml");
  CHECK(test->labels.at("inferenceservice") == "canaryd-doctor-0123abcd");
  CHECK(test->labels.at("severity") == "none");
  CHECK(test->service == "canaryd-doctor-0123abcd");
}

TEST_CASE("the target is in the labels that the configuration reads") {
  auto own = mapping("alertname=~\"Canary.*\"");
  own.front().labels.name = "isvc";
  const auto test = test_alert(own, ns, "0");
  REQUIRE(test);
  CHECK(test->labels.at("isvc") == "canaryd-doctor-0");
}

TEST_CASE("without an alert that rolls back there is no test") {
  CHECK_FALSE(test_alert(mapping("alertname=~\"Canary.*\"", alert::Action::hold), ns, "0"));
  CHECK_FALSE(test_alert(mapping("alertname=\"Own\""), ns, "0"));
}

TEST_CASE("the test alert has the namespace of a service and not of canaryd itself") {
  const Namespace own("canaryd");
  const Target ours{own, ServiceName("iris")};
  const Target theirs{Namespace("ml"), ServiceName("iris")};
  CHECK(test_namespace({ours, theirs}, {}, own, "0") == Namespace("ml"));
  CHECK(test_namespace({}, {own, Namespace("team")}, own, "0") == Namespace("team"));
  CHECK(test_namespace({}, {}, own, "0") == Namespace("canaryd-doctor-0"));
  CHECK(test_namespace({}, {own}, own, "0") == own);
  CHECK(test_namespace({ours}, {own}, own, "0") == own);
}

TEST_CASE("the body says when it begins and ends and that it is a test") {
  const TestAlert test{{{"alertname", "A"}}, "s"};
  const WallTime begin = parse_rfc3339("2026-01-01T00:00:00Z").value();
  const std::string body = alerts_body(test, begin, begin + std::chrono::minutes(1));
  CHECK(body.find(R"("labels":{"alertname":"A"})") != std::string::npos);
  CHECK(body.find(R"("endsAt":"2026-01-01T00:01:00.000000Z")") != std::string::npos);
  CHECK(body.find("nothing is wrong") != std::string::npos);
}

TEST_CASE("a page of the audit log has a record or not") {
  CHECK(has_records(R"({"records":[{}]})").value());
  CHECK_FALSE(has_records(R"({"records":[]})").value());
  CHECK_FALSE(has_records(R"({"message":"no"})").has_value());
}
