#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace canaryd::policy {

// Limits that the shipped rules read as canaryd_threshold{signal=...}; +Inf is off. docs/rules.md says which alert
// compares what with which.
struct Thresholds {
  double error_ratio = 0.05;
  double failing_ratio = 0.5;
  double higher_error_ratio = 1.5;
  double latency_ratio = 1.5;
  double higher_latency_ratio = 1.3;
  double latency_seconds = std::numeric_limits<double>::infinity();
  double confidence_ratio = 0.8;
  double min_requests = 50;
  double failing_min_requests = 10;
  double latency_min_requests = 100;
  double down_min_requests = 10;
};

// What a limit is, and so which values make sense.
enum class Limit : std::uint8_t {
  ratio,    // of the canary's requests
  factor,   // of what the stable revision shows: not higher than that
  share,    // likewise: not lower than that
  seconds,  // of the canary alone
  count,    // requests, below which a rule says nothing; cannot be off
};

struct ThresholdSignal {
  std::string_view name;  // the key in the configuration and the label `signal`
  Limit limit;
  double Thresholds::* value;
};

// Every limit, in the order of the documents. The configuration, a policy's hash and the exported series all go by
// this.
inline constexpr std::array<ThresholdSignal, 11> threshold_signals{{
    {"error_ratio", Limit::ratio, &Thresholds::error_ratio},
    {"failing_ratio", Limit::ratio, &Thresholds::failing_ratio},
    {"higher_error_ratio", Limit::factor, &Thresholds::higher_error_ratio},
    {"latency_ratio", Limit::factor, &Thresholds::latency_ratio},
    {"higher_latency_ratio", Limit::factor, &Thresholds::higher_latency_ratio},
    {"latency_seconds", Limit::seconds, &Thresholds::latency_seconds},
    {"confidence_ratio", Limit::share, &Thresholds::confidence_ratio},
    {"min_requests", Limit::count, &Thresholds::min_requests},
    {"failing_min_requests", Limit::count, &Thresholds::failing_min_requests},
    {"latency_min_requests", Limit::count, &Thresholds::latency_min_requests},
    {"down_min_requests", Limit::count, &Thresholds::down_min_requests},
}};
static_assert(sizeof(Thresholds) == threshold_signals.size() * sizeof(double), "a limit without a signal, or twice");

}  // namespace canaryd::policy
