#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::alert {

using Labels = std::map<std::string, std::string>;

enum class AlertStatus : std::uint8_t { firing, resolved };

// One alert of a notification. An episode of an alert is (fingerprint, starts_at): the fingerprint hashes the labels
// only and repeats.
struct Alert {
  AlertStatus status = AlertStatus::firing;
  Labels labels;
  Labels annotations;
  WallTime starts_at;
  std::optional<WallTime> ends_at;  // absent for "0001-01-01T00:00:00Z", which a firing alert carries
  std::string fingerprint;
};

// Alertmanager's webhook payload, version "4" (alertmanager 0.34, template.Data and webhook.Message).
struct Notification {
  std::string receiver;
  std::string group_key;
  std::int64_t truncated_alerts = 0;  // above 0: not all alerts of the group are here
  std::vector<Alert> alerts;
};

// Bounds on what is read; what is above them is refused, not cut.
inline constexpr std::size_t max_alerts = 1000;
inline constexpr std::size_t max_label_bytes = 4096;  // a label's or annotation's name or value
inline constexpr std::size_t max_labels = 128;        // of one alert; annotations likewise
inline constexpr int max_json_depth = 16;

// Reads a request body. Strict where canaryd decides on it (version, status, labels, startsAt, endsAt, fingerprint),
// unknown fields are ignored. Errors: `invalid`, one phrase with the place and what was expected:
// `alerts[3].startsAt: expected RFC 3339, got "yesterday"`. Pure; safe from any thread.
Result<Notification> parse_notification(std::string_view body);

}  // namespace canaryd::alert
