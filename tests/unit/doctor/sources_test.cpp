#include "doctor/sources.hpp"

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
  const auto found = check_intervals({source({"models"}, {"models"})}, {{"models", "models", every, false, "", ""}});
  REQUIRE(found.size() == 1);
  return found.front().status;
}

const CanaryInFlight canary{{Namespace("ml"), ServiceName("iris")}, Revision("new"), Revision("old")};

prometheus::Sample requests(const std::string& revision) {
  return {{{"namespace", "ml"}, {"revision", revision}, {"source", "model-metrics"}}, 1};
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
  const auto found = check_intervals({source({"models"}, {"models"})},
                                     {{"models", "models", seconds(5), true, "connection refused", ""}});
  REQUIRE(found.size() == 2);
  CHECK(found.front().status == Health::warn);
  CHECK(found.front().text.find("connection refused") != std::string::npos);
}

TEST_CASE("series without namespace and revision are a FAIL") {
  CHECK(worst(check_sources({source({"models"}, {})})) == Health::fail);
  CHECK(worst(check_sources({source({"models"}, {"models"})})) == Health::ok);
  CHECK(worst(check_sources({source({}, {})})) == Health::warn);
}

TEST_CASE("a job without the labels beside one that has them is a WARN that names it") {
  const auto found = check_sources({source({"models", "other-team"}, {"models"})});
  REQUIRE(found.size() == 2);
  CHECK(found.front().status == Health::ok);
  CHECK(found.back().status == Health::warn);
  CHECK(found.back().text.find("that other-team brings") != std::string::npos);
}

TEST_CASE("each shipped source is known by its file and group and by what its rules read") {
  std::vector<LoadedRule> loaded;
  std::set<std::string> all;
  for (const auto& file : rules::embedded()) {
    const std::string name = source_of_file(file.name);
    if (name.empty()) continue;
    all.insert(name);
    REQUIRE(request_series(name));
    CHECK(file.text.find(request_series(name)->counted) != std::string_view::npos);
    CHECK(request_series(name)->counted.starts_with(request_series(name)->all.substr(0, 20)));
    loaded.push_back({"canary-source-" + name, 5, false, "s", "rate(x[2m]) + rate(x[30s])", 0, 0, {}, ""});
  }
  CHECK(all == std::set<std::string>{"knative-legacy", "knative-otel", "model-metrics"});
  CHECK(loaded_sources(loaded) == all);
  for (const auto& name : all) {
    CHECK(windows_of(name, loaded).shortest == seconds(30));
    CHECK(windows_of(name, loaded).longest == seconds(120));
  }
}

TEST_CASE("a canary in flight that nothing measures is a FAIL that names the revision") {
  CHECK(worst(check_canaries({canary}, {requests("new"), requests("old")})) == Health::ok);
  const auto found = check_canaries({canary}, {requests("old")});
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::fail);
  CHECK(found.front().text.find("measures new") != std::string::npos);
}
