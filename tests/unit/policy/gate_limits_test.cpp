#include "policy/gate_asked.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

TEST_CASE("each signal alone fails beyond its limit and passes when it is off") {
  Asked slow;
  slow.evidence.canary.latency_p95_seconds = 0.131;
  CHECK(slow.verdict() == "failed");
  slow.policy.thresholds.higher_latency_ratio = off;  // latency_ratio 1.5 remains
  CHECK(slow.verdict() == "passed");
  slow.evidence.canary.latency_p95_seconds = 0.151;
  CHECK(slow.verdict() == "failed");
  slow.policy.thresholds.latency_ratio = off;
  CHECK(slow.verdict() == "passed");
  slow.policy.thresholds.latency_seconds = 0.15;
  CHECK(slow.verdict() == "failed");

  Asked unsure;
  unsure.evidence.canary.confidence = 0.71;
  CHECK(unsure.verdict() == "failed");
  unsure.policy.thresholds.confidence_ratio = off;
  CHECK(unsure.verdict() == "passed");

  Asked failing;
  failing.evidence.canary.errors = 80;
  CHECK(failing.verdict() == "failed");
  failing.policy.promotion.error_margin = off;
  CHECK(failing.verdict() == "failed");
  failing.policy.thresholds.error_ratio = off;  // failing_ratio 0.5 remains
  CHECK(failing.verdict() == "passed");
  failing.evidence.canary.errors = 600;
  CHECK(failing.verdict() == "failed");
  failing.policy.thresholds.failing_ratio = off;
  CHECK(failing.verdict() == "passed");
}

TEST_CASE("where a service errs by nature only the difference is too much") {
  Asked asked;
  asked.evidence.canary.errors = 100;
  asked.evidence.stable.errors = 900;
  CHECK(asked.verdict() == "failed");
  asked.policy.thresholds.error_ratio = 0.2;
  asked.evidence.canary.requests = 10000;
  asked.evidence.canary.errors = 1000;
  CHECK(asked.verdict() == "passed");
  asked.evidence.canary.errors = 1300;
  CHECK(asked.verdict() == "failed");
}

TEST_CASE("at 100 only the absolute limits are asked") {
  Asked asked;
  asked.percent = 100;
  asked.evidence.percent = 100;
  asked.evidence.stable = {};
  asked.evidence.canary.confidence.reset();
  asked.evidence.canary.latency_p95_seconds = 100;
  CHECK(asked.verdict() == "passed");
  CHECK(asked.answer().reasons.size() == 2);
  asked.policy.thresholds.latency_seconds = 99;
  CHECK(asked.verdict() == "failed");
  asked.policy.thresholds.latency_seconds = off;
  asked.evidence.canary.errors = 100;
  CHECK(asked.verdict() == "failed");
  asked.evidence.canary.requests = 49;
  asked.evidence.canary.errors = 0;
  CHECK(asked.verdict() == "unknown");
}

TEST_CASE("with every signal off requests are still wanted") {
  Asked asked;
  asked.policy.thresholds = {off, off, off, off, off, off, off, 50, 10, 100, 10};
  asked.policy.promotion.error_margin = off;
  CHECK(asked.verdict() == "passed");
  asked.evidence.canary.requests = 10;
  CHECK(asked.verdict() == "unknown");
}
