#include "doctor/scrapes.hpp"

#include <doctest/doctest.h>

#include "canaryd/rules/embedded.hpp"

using namespace canaryd;
using namespace canaryd::doctor;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Windows windows{seconds(30), seconds(120)};

SourceFacts source(const std::set<std::string>& jobs, const std::set<std::string>& labelled) {
  return {"model-metrics", jobs, labelled, windows};
}

Health interval(std::optional<milliseconds> every) {
  const auto found = check_intervals({source({"models"}, {"models"})}, {{"models", "models", every, false, ""}});
  REQUIRE(found.size() == 1);
  return found.front().status;
}

const CanaryInFlight canary{{Namespace("ml"), ServiceName("iris")}, Revision("new"), Revision("old")};

prometheus::Sample requests(const std::string& revision) {
  return {{{"namespace", "ml"}, {"revision", revision}, {"source", "model-metrics"}}, 1};
}

prometheus::Sample synced(const std::string& job, double value = 1) {
  return {{{"job", job}, {"instance", "10.0.0.1:8080"}}, value};
}

}  // namespace

TEST_CASE("a scrape interval is held against what the rules of the source bear") {
  CHECK(interval(seconds(5)) == Health::ok);
  CHECK(interval(milliseconds(7500)) == Health::ok);
  CHECK(interval(seconds(15)) == Health::warn);
  CHECK(interval(seconds(30)) == Health::warn);
  CHECK(interval(seconds(60)) == Health::fail);
  CHECK(interval(std::nullopt) == Health::unknown);
}

TEST_CASE("a target that is down is told") {
  const auto found =
      check_intervals({source({"models"}, {"models"})}, {{"models", "models", seconds(5), true, "connection refused"}});
  REQUIRE(found.size() == 2);
  CHECK(found.front().status == Health::warn);
  CHECK(found.front().text.find("connection refused") != std::string::npos);
}

TEST_CASE("series without namespace and revision are a FAIL") {
  CHECK(worst(check_sources({source({"models"}, {})})) == Health::fail);
  CHECK(worst(check_sources({source({"models"}, {"models"})})) == Health::ok);
  CHECK(worst(check_sources({source({}, {})})) == Health::warn);
}

TEST_CASE("each shipped source has its series of requests in its rules") {
  int sources = 0;
  for (const auto& file : rules::embedded()) {
    if (!file.name.starts_with("sources/")) continue;
    ++sources;
    const std::string name(file.name.substr(8, file.name.size() - 8 - 5));
    REQUIRE_FALSE(request_series(name).empty());
    CHECK(file.text.find(request_series(name)) != std::string_view::npos);
  }
  CHECK(sources == 3);
}

TEST_CASE("a canary in flight that nothing measures is a FAIL that names the revision") {
  CHECK(worst(check_canaries({canary}, {requests("new"), requests("old")})) == Health::ok);
  const auto found = check_canaries({canary}, {requests("old")});
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::fail);
  CHECK(found.front().text.find("measures new") != std::string::npos);
}

TEST_CASE("canaryd must be scraped under its own job with its labels as they are") {
  const std::vector<ScrapeTarget> targets{{"canaryd", "podMonitor/canaryd/0", seconds(5), false, ""}};
  using Honoured = std::map<std::string, bool>;
  const auto check = [&](const std::vector<prometheus::Sample>& samples, const std::optional<Honoured>& honoured,
                         bool renamed) { return worst(check_canaryd_scraped(samples, targets, honoured, renamed)); };
  CHECK(check({synced("canaryd")}, Honoured{{"podMonitor/canaryd/0", true}}, false) == Health::ok);
  CHECK(check({synced("canaryd")}, Honoured{{"podMonitor/canaryd/0", false}}, false) == Health::warn);
  CHECK(check({synced("canaryd")}, std::nullopt, true) == Health::warn);
  CHECK(check({synced("canaryd")}, std::nullopt, false) == Health::ok);
  CHECK(check({synced("canaryd", 0)}, std::nullopt, false) == Health::fail);
  CHECK(check({synced("podMonitor/x")}, std::nullopt, false) == Health::fail);
  CHECK(check({}, std::nullopt, false) == Health::fail);
}

TEST_CASE("a heartbeat that is late or never came is a FAIL") {
  CHECK(check_heartbeat(20).status == Health::ok);
  CHECK(check_heartbeat(200).status == Health::fail);
  CHECK(check_heartbeat(1.7e9).status == Health::fail);
  CHECK(check_heartbeat(1.7e9).text.find("since it was started") != std::string::npos);
  CHECK(check_heartbeat(std::nullopt).status == Health::unknown);
}

TEST_CASE("targets and jobs are read as Prometheus says them") {
  const auto targets = decode_targets(
      R"({"data":{"activeTargets":[{"labels":{"job":"a"},"scrapePool":"p","health":"down","lastError":"e",)"
      R"("scrapeInterval":"15s"}]}})");
  REQUIRE(targets);
  CHECK(targets->front().interval == milliseconds(15000));
  CHECK(targets->front().down);
  const auto jobs = decode_honor_labels(
      R"({"data":{"yaml":"scrape_configs:\n- job_name: a\n  honor_labels: true\n- job_name: b\n"}})");
  REQUIRE(jobs);
  CHECK(jobs->at("a"));
  CHECK_FALSE(jobs->at("b"));
  CHECK_FALSE(decode_honor_labels(R"({"data":{"yaml":"a: [b"}})").has_value());
}
