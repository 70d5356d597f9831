#include "doctor/canaryd_scraped.hpp"

#include <doctest/doctest.h>

using namespace canaryd;
using namespace canaryd::doctor;
using std::chrono::seconds;

namespace {

prometheus::Sample synced(const std::string& job, double value = 1) {
  return {{{"job", job}, {"instance", "10.0.0.1:8080"}}, value};
}

const ScrapeTarget living{"canaryd", "podMonitor/canaryd/0", seconds(5), false, "", "10.0.0.1:8080"};
const ScrapeTarget dead{"canaryd", "podMonitor/canaryd/0", seconds(5), true, "connection refused", "10.0.0.2:8080"};

CanarydScrape scrape(std::vector<prometheus::Sample> samples) {
  CanarydScrape out;
  out.synced = std::move(samples);
  out.targets = {living};
  return out;
}

Health status(const CanarydScrape& scrape) { return worst(check_canaryd_scraped(scrape)); }

}  // namespace

TEST_CASE("canaryd must be scraped under its own job with its labels as they are") {
  CHECK(status(scrape({synced("canaryd")})) == Health::ok);
  CHECK(status(scrape({synced("canaryd", 0)})) == Health::fail);
  CHECK(status(scrape({synced("podMonitor/x")})) == Health::fail);
  CHECK(status(scrape({})) == Health::fail);
  auto labels = scrape({synced("canaryd")});
  labels.honor_labels = {{"podMonitor/canaryd/0", true}};
  CHECK(status(labels) == Health::ok);
  labels.honor_labels = {{"podMonitor/canaryd/0", false}};
  CHECK(status(labels) == Health::warn);
  labels.honor_labels.reset();
  labels.renamed = true;
  CHECK(status(labels) == Health::warn);
}

TEST_CASE("a dead canaryd beside a living one is told with why") {
  auto two = scrape({synced("canaryd")});
  two.targets.push_back(dead);
  two.replicas = 2;
  const auto found = check_canaryd_scraped(two);
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::warn);
  CHECK(found.front().text == "canaryd's target 10.0.0.2:8080 is down: connection refused");
}

TEST_CASE("a canaryd that Prometheus does not know of is told by the number of replicas") {
  auto two = scrape({synced("canaryd")});
  CHECK(status(two) == Health::ok);
  two.replicas = 2;
  const auto found = check_canaryd_scraped(two);
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::warn);
  CHECK(found.front().text == "Prometheus knows of 1 canaryd, and there are 2 (--replicas)");
}

TEST_CASE("where every canaryd is dead that is a FAIL and each is told") {
  auto none = scrape({});
  none.targets = {dead};
  const auto found = check_canaryd_scraped(none);
  REQUIRE(found.size() == 2);
  CHECK(found.front().status == Health::fail);
  CHECK(found.back().text.find("connection refused") != std::string::npos);
}

TEST_CASE("a heartbeat that is late or never came is a FAIL") {
  CHECK(check_heartbeat(20).status == Health::ok);
  CHECK(check_heartbeat(200).status == Health::fail);
  CHECK(check_heartbeat(1.7e9).status == Health::fail);
  CHECK(check_heartbeat(1.7e9).text.find("since it was started") != std::string::npos);
  CHECK(check_heartbeat(std::nullopt).status == Health::unknown);
}
