#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "knative_model.hpp"

namespace canaryd::property {

// One component of an object, as the oracle reads it: not by canaryd's decoder.
struct Look {
  std::string component;
  std::optional<std::int64_t> percent;
  std::string created;
  std::string ready;
  std::string rolledout;
  std::string previous;
  std::vector<std::pair<std::string, std::int64_t>> traffic;  // in status, as it stands there
  std::string owner;                                          // of the percent, by managedFields
  bool route_ready = false;

  std::int64_t share_of(const std::string& revision) const;
  // Two revisions, and a percent between them.
  bool in_flight() const { return percent && !rolledout.empty() && !ready.empty() && ready != rolledout; }
  // The field is still there at 100, and KServe has rolled the canary out.
  bool in_last_stage() const {
    return percent == 100 && !ready.empty() && ready == rolledout && !previous.empty() && previous != ready;
  }
  bool has_canary() const { return in_flight() || in_last_stage(); }
  bool operator==(const Look&) const = default;
};

// An InferenceService, likewise.
struct ServiceLook {
  std::string uid;
  WallTime created;
  std::vector<Look> components;  // those that spec has

  const Look& of(const std::string& component) const;
  bool operator==(const ServiceLook&) const = default;
};
ServiceLook look_at(const Json& object);

// Whether two versions differ in nothing but percents, status, and what the API server keeps itself.
bool differ_in_traffic_only(const Json& before, const Json& after);

}  // namespace canaryd::property
