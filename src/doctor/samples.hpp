#pragma once

#include <string>

#include "canaryd/prometheus/client.hpp"

namespace canaryd::doctor {

// Empty: it has no such label, which is the same to Prometheus.
inline std::string label(const prometheus::Sample& sample, const char* name) {
  const auto found = sample.labels.find(name);
  return found == sample.labels.end() ? std::string() : found->second;
}

}  // namespace canaryd::doctor
