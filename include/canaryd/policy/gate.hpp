#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/policy/policy.hpp"

namespace canaryd::policy {

// What Prometheus knows of one revision. An absent value was not measured; NaN counts as absent.
struct Measured {
  std::optional<double> requests;             // over `window`
  std::optional<double> errors;               // likewise
  std::optional<double> latency_p95_seconds;  // now, over the rules' 2 minutes
  std::optional<double> confidence;           // likewise: the mean, 0..1
};

// The answers of one moment. All or nothing: what could not be had in time, whole and without warnings is no Evidence.
struct Evidence {
  Measured canary;
  Measured stable;                         // not looked at at 100 %: it has no traffic there
  std::vector<std::string> active_alerts;  // mapped bad alerts that are pending or firing for the service
  std::optional<double> percent;           // the canary's share, as Prometheus knows it
};

struct GateAnswer {
  enum class Verdict : std::uint8_t { passed, failed, unknown };
  Verdict verdict = Verdict::unknown;
  std::vector<std::string> reasons;  // one line for each signal asked: "passed: ...", "failed: ..." or "unknown: ..."
  // The bad alerts that Prometheus knows: they hold under the name of `bad_alert_active` too, which nobody overrides.
  std::vector<std::string> bad_alerts = {};
};

// Asks each enabled signal against its limit: where two rules watch one thing, the stricter. Pure. What is missing,
// NaN, or too little to tell by is unknown, and unknown holds. `higher_error_ratio` is not asked: a factor between two
// small ratios says nothing by small counts, and its alert is among `active_alerts`.
//
// Error ratios are judged by one-sided 95 % bounds that are right for small counts, so that 1 error in 20 neither
// promotes nor frightens: passed when even the upper bound is within the limit, failed when even the lower bound is
// above it, unknown between. Of the canary alone that is Wilson's interval against `error_ratio`; against the stable
// revision Newcombe's interval of the difference against the promotion's `error_margin`.
GateAnswer judge_gate(const Evidence& evidence, const Policy& policy, int percent);

struct Interval {
  double low = 0;
  double high = 0;
};
// Wilson's score interval without continuity correction; 0 to 1 when there were no trials. Finite whatever comes in.
// E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927) 209-212.
Interval wilson(double events, double trials, double z);
// Newcombe's interval for the difference of two proportions (method 10: of Wilson score intervals, without continuity
// correction). R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in
// Medicine 17 (1998) 873-890.
Interval newcombe(double events_a, double trials_a, double events_b, double trials_b, double z);  // of a - b

}  // namespace canaryd::policy
