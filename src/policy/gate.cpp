#include "canaryd/policy/gate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace canaryd::policy {

namespace {

using Verdict = GateAnswer::Verdict;

constexpr double one_sided_95 = 1.6449;  // the normal distribution's 95th percentile

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string percent_of(double ratio) { return number(ratio * 100) + " %"; }

bool known(const std::optional<double>& value) { return value && std::isfinite(*value) && *value >= 0; }

// Collects the answers: one that failed outweighs one that is unknown, and both outweigh those that passed.
class Asking {
 public:
  void passed(const std::string& what) { say("passed", what); }
  void failed(const std::string& what) {
    say("failed", what);
    answer_.verdict = Verdict::failed;
  }
  void unknown(const std::string& what) {
    say("unknown", what);
    if (answer_.verdict == Verdict::passed) answer_.verdict = Verdict::unknown;
  }
  // `bad` is above the limit, `good` within it; between them there is too little to tell by.
  void bounded(const std::string& what, double low, double high, double limit) {
    const std::string words =
        what + ", between " + percent_of(low) + " and " + percent_of(high) + ", limit " + percent_of(limit);
    if (low > limit) return failed(words);
    if (high <= limit) return passed(words);
    unknown(words + ": too few requests to tell");
  }
  void at_most(const std::string& what, double value, double limit) { value <= limit ? passed(what) : failed(what); }
  void bad_alerts(const std::vector<std::string>& names) {
    for (const auto& name : names) failed(name + " is pending or firing");
    answer_.bad_alerts = names;
  }
  GateAnswer answer() && { return std::move(answer_); }

 private:
  void say(const char* verdict, const std::string& what) {
    answer_.reasons.push_back(std::string(verdict) + ": " + what);
  }
  GateAnswer answer_{Verdict::passed, {}, {}};
};

bool has_counts(const Measured& m) { return known(m.requests) && known(m.errors); }

// Whether there is enough to judge by; says so when there is not.
bool enough(Asking& asking, const char* whose, const Measured& m, double floor) {
  if (!has_counts(m)) {
    asking.unknown(std::string("requests or errors of the ") + whose + " revision are not known");
    return false;
  }
  if (*m.errors > *m.requests * 1.001) {
    asking.unknown(number(*m.errors) + " errors in " + number(*m.requests) + " requests of the " + whose +
                   " revision make no sense");
    return false;
  }
  if (*m.requests >= floor) return true;
  asking.unknown(number(*m.requests) + " requests of the " + whose + " revision, " + number(floor) + " are wanted");
  return false;
}

void ask_errors(Asking& asking, const Evidence& seen, const Policy& policy, bool alone) {
  const auto& t = policy.thresholds;
  const bool relative = !alone && std::isfinite(policy.promotion.error_margin);
  bool can_judge = enough(asking, "canary", seen.canary, t.min_requests);
  if (relative) can_judge = enough(asking, "stable", seen.stable, t.min_requests) && can_judge;
  if (!can_judge) return;
  const std::string counts = number(*seen.canary.errors) + " errors in " + number(*seen.canary.requests) + " requests";
  const double limit = std::min(t.error_ratio, t.failing_ratio);
  if (std::isfinite(limit)) {
    const auto own = wilson(*seen.canary.errors, *seen.canary.requests, one_sided_95);
    asking.bounded("error ratio: " + counts, own.low, own.high, limit);
  }
  if (relative) {
    const auto worse =
        newcombe(*seen.canary.errors, *seen.canary.requests, *seen.stable.errors, *seen.stable.requests, one_sided_95);
    asking.bounded("error ratio above the stable one's: " + counts + ", stable " + number(*seen.stable.errors) +
                       " in " + number(*seen.stable.requests),
                   worse.low, worse.high, policy.promotion.error_margin);
  }
}

void ask_latency(Asking& asking, const Evidence& seen, const Thresholds& t, bool alone) {
  const double factor = std::min(t.latency_ratio, t.higher_latency_ratio);
  const bool relative = !alone && std::isfinite(factor);
  const bool absolute = std::isfinite(t.latency_seconds);
  if (!relative && !absolute) return;
  bool can_judge = enough(asking, "canary", seen.canary, t.latency_min_requests);
  if (relative) can_judge = enough(asking, "stable", seen.stable, t.latency_min_requests) && can_judge;
  if (!can_judge) return;
  if (!known(seen.canary.latency_p95_seconds)) return asking.unknown("latency: the canary's p95 is not known");
  const double own = *seen.canary.latency_p95_seconds;
  if (absolute) {
    const std::string words = "latency: p95 " + number(own) + " s, limit " + number(t.latency_seconds) + " s";
    asking.at_most(words, own, t.latency_seconds);
  }
  if (!relative) return;
  if (!known(seen.stable.latency_p95_seconds)) return asking.unknown("latency: the stable revision's p95 is not known");
  const double limit = *seen.stable.latency_p95_seconds * factor;
  asking.at_most("latency: p95 " + number(own) + " s, limit " + number(limit) + " s (" + number(factor) +
                     " times the stable revision's)",
                 own, limit);
}

void ask_confidence(Asking& asking, const Evidence& seen, const Thresholds& t, bool alone) {
  if (alone || !std::isfinite(t.confidence_ratio)) return;
  if (!known(seen.canary.confidence) || !known(seen.stable.confidence)) {
    return asking.unknown("confidence: not measured for both revisions (confidence_ratio: off, where there is none)");
  }
  const double limit = *seen.stable.confidence * t.confidence_ratio;
  const std::string words = "confidence: mean " + number(*seen.canary.confidence) + ", at least " + number(limit) +
                            " (" + number(t.confidence_ratio) + " times the stable revision's)";
  *seen.canary.confidence < limit ? asking.failed(words) : asking.passed(words);
}

}  // namespace

Interval wilson(double events, double trials, double z) {
  if (!(trials > 0) || !(events >= 0) || !std::isfinite(trials)) return {0, 1};
  const double p = std::min(events / trials, 1.0);
  const double z2 = z * z;
  const double centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const double half = z / (1 + z2 / trials) * std::sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval newcombe(double events_a, double trials_a, double events_b, double trials_b, double z) {
  if (!(trials_a > 0) || !(events_a >= 0) || !(trials_b > 0) || !(events_b >= 0)) return {-1, 1};
  const double a = std::min(events_a / trials_a, 1.0);
  const double b = std::min(events_b / trials_b, 1.0);
  const auto of_a = wilson(events_a, trials_a, z);
  const auto of_b = wilson(events_b, trials_b, z);
  return {std::max(-1.0, a - b - std::hypot(a - of_a.low, of_b.high - b)),
          std::min(1.0, a - b + std::hypot(of_a.high - a, b - of_b.low))};
}

GateAnswer judge_gate(const Evidence& evidence, const Policy& policy, int percent) {
  Asking asking;
  const bool alone = percent == 100;
  asking.bad_alerts(evidence.active_alerts);
  if (!known(evidence.percent) || *evidence.percent != percent) {
    asking.unknown("Prometheus knows the canary at " +
                   (known(evidence.percent) ? number(*evidence.percent) + " %" : std::string("no share")) +
                   ", it is at " + std::to_string(percent) + " %");
  } else {
    asking.passed("Prometheus knows the canary at " + std::to_string(percent) + " %");
  }
  ask_errors(asking, evidence, policy, alone);
  ask_latency(asking, evidence, policy.thresholds, alone);
  ask_confidence(asking, evidence, policy.thresholds, alone);
  return std::move(asking).answer();
}

}  // namespace canaryd::policy
