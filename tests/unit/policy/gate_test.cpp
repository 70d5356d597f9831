#include <functional>

#include "policy/gate_asked.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

namespace {

std::string with_errors(double errors, double requests) {
  Asked asked;
  asked.evidence.canary.requests = requests;
  asked.evidence.canary.errors = errors;
  asked.policy.thresholds.latency_min_requests = 0;
  asked.policy.thresholds.min_requests = 1;
  return asked.verdict();
}

}  // namespace

TEST_CASE("a canary that does as well as the stable revision passes and each signal is said") {
  const Asked asked;
  CHECK(asked.verdict() == "passed");
  CHECK(asked.answer().reasons ==
        std::vector<std::string>{
            "passed: Prometheus knows the canary at 10 %",
            "passed: error ratio: 1 errors in 1000 requests, between 0.02231 % and 0.447 %, limit 5 %",
            "passed: error ratio above the stable one's: 1 errors in 1000 requests, stable 9 in 9000, between "
            "-0.1058 % and 0.3495 %, limit 2 %",
            "passed: latency: p95 0.1 s, limit 0.13 s (1.3 times the stable revision's)",
            "passed: confidence: mean 0.9, at least 0.72 (0.8 times the stable revision's)"});
}

TEST_CASE("one error in twenty requests neither promotes nor frightens") {
  CHECK(with_errors(1, 20) == "unknown");
  CHECK(with_errors(0, 20) == "unknown");
  CHECK(with_errors(50, 1000) == "failed");  // the same ratio by many requests, against 0.1 %
  CHECK(with_errors(0, 1000) == "passed");
  CHECK(with_errors(20, 20) == "failed");
}

TEST_CASE("more errors never help") {
  for (const double requests : {20.0, 60.0, 200.0, 1000.0, 20000.0}) {
    int worst = 0;
    for (double errors = 0; errors <= requests; errors += requests / 200) {
      const auto verdict = with_errors(errors, requests);
      const int rank = verdict == "passed" ? 0 : verdict == "unknown" ? 1 : 2;
      CAPTURE(requests);
      CAPTURE(errors);
      CHECK(rank >= worst);
      worst = rank;
    }
    CHECK(worst == 2);
  }
}

TEST_CASE("below the floor of either side nothing is judged") {
  for (const auto change : {+[](Evidence& e) { e.canary.requests = 49; }, +[](Evidence& e) { e.stable.requests = 49; },
                            +[](Evidence& e) { e.canary.requests = 0; }}) {
    Asked asked;
    change(asked.evidence);
    CHECK(asked.verdict() == "unknown");
  }
  Asked asked;  // enough for the ratios, not for a p95
  asked.policy.thresholds.error_ratio = 0.5;
  asked.policy.promotion.error_margin = 0.5;
  asked.evidence.canary.requests = 99;
  CHECK(asked.verdict() == "unknown");
  asked.evidence.canary.requests = 100;
  CHECK(asked.verdict() == "passed");
}

TEST_CASE("what is missing NaN infinite or negative is unknown") {
  using Change = std::function<void(Evidence&, std::optional<double>)>;
  const std::vector<Change> places{[](Evidence& e, auto v) { e.canary.requests = v; },
                                   [](Evidence& e, auto v) { e.canary.errors = v; },
                                   [](Evidence& e, auto v) { e.stable.requests = v; },
                                   [](Evidence& e, auto v) { e.stable.errors = v; },
                                   [](Evidence& e, auto v) { e.canary.latency_p95_seconds = v; },
                                   [](Evidence& e, auto v) { e.stable.latency_p95_seconds = v; },
                                   [](Evidence& e, auto v) { e.canary.confidence = v; },
                                   [](Evidence& e, auto v) { e.stable.confidence = v; },
                                   [](Evidence& e, auto v) { e.percent = v; }};
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (const std::optional<double> value :
         {std::optional<double>(), std::optional(not_a_number), std::optional(off), std::optional(-1.0)}) {
      CAPTURE(i);
      Asked asked;
      places[i](asked.evidence, value);
      CHECK(asked.verdict() == "unknown");
    }
  }
  Asked nothing;
  nothing.evidence = {};
  CHECK(nothing.verdict() == "unknown");
}

TEST_CASE("another share in Prometheus than in the object is unknown") {
  Asked asked;
  asked.evidence.percent = 5;
  CHECK(asked.verdict() == "unknown");
  CHECK(asked.answer().reasons.front() == "unknown: Prometheus knows the canary at 5 %, it is at 10 %");
}

TEST_CASE("an alert that is pending or firing fails and is handed on by name") {
  Asked asked;
  asked.evidence.active_alerts = {"CanaryDown", "CanaryFailing"};
  CHECK(asked.verdict() == "failed");
  CHECK(asked.answer().bad_alerts == asked.evidence.active_alerts);
  asked.evidence.canary.confidence.reset();
  CHECK(asked.verdict() == "failed");  // and what is unknown beside it does not soften that
}
