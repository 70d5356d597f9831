#pragma once

#include <cstdint>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"

namespace canaryd::traffic {

// A Kubernetes Event (core/v1) on an InferenceService: what `kubectl describe` shows of what was done and refused.
struct ServiceEvent {
  Target target;
  Uid uid;
  bool warning = false;   // type Warning, else Normal
  std::string reason;     // in CamelCase: "CanaryRolledBack"
  std::string message;    // cut at 1024 bytes, as the API server asks
  std::string component;  // "canaryd/<instance>": the source, as `kubectl describe` shows it
  WallTime first;
  WallTime last;
  std::int64_t count = 1;
  std::string name;  // metadata.name: the service's and a suffix of its own
};

std::string event_body(const ServiceEvent& event);   // of a create
std::string event_patch(const ServiceEvent& event);  // count, lastTimestamp and message of one that was created

}  // namespace canaryd::traffic
