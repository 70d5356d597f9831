#include "doctor/scrape_targets.hpp"

#include <doctest/doctest.h>

using namespace canaryd;
using namespace canaryd::doctor;
using std::chrono::milliseconds;

TEST_CASE("targets and jobs are read as Prometheus says them") {
  const auto targets = decode_targets(
      R"({"data":{"activeTargets":[{"labels":{"job":"a","instance":"10.0.0.1:9"},"scrapePool":"p","health":"down","lastError":"e",)"
      R"("scrapeInterval":"15s"}]}})");
  REQUIRE(targets);
  CHECK(targets->front().interval == milliseconds(15000));
  CHECK(targets->front().down);
  CHECK(targets->front().instance == "10.0.0.1:9");
  const auto jobs = decode_honor_labels(
      R"({"data":{"yaml":"scrape_configs:\n- job_name: a\n  honor_labels: true\n- job_name: b\n"}})");
  REQUIRE(jobs);
  CHECK(jobs->at("a"));
  CHECK_FALSE(jobs->at("b"));
  CHECK_FALSE(decode_honor_labels(R"({"data":{"yaml":"a: [b"}})").has_value());
}
