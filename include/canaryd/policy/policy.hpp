#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "canaryd/base/strong.hpp"
#include "canaryd/policy/promotion.hpp"
#include "canaryd/policy/thresholds.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::policy {

// What an alert without a revision may do.
enum class Unattributed : std::uint8_t { rollback, hold };
// Whether a rollback takes all components in flight, or only the one that the alert names.
enum class Components : std::uint8_t { together, independent };

// One entry of the configuration's `policies`: first match wins.
struct Policy {
  std::string name;
  std::vector<std::string> namespaces;  // shell patterns (fnmatch); empty matches all
  std::vector<std::string> names;       // likewise, of the InferenceService
  std::map<std::string, std::string>
      labels;  // all must be equal; a label written on a live service makes a new revision

  bool rollback = true;
  std::chrono::milliseconds last_stage_window = std::chrono::minutes(30);  // how long 100 may still be rolled back
  std::chrono::milliseconds confirm_within = std::chrono::minutes(1);      // until `unconfirmed`
  Unattributed unattributed = Unattributed::rollback;
  std::chrono::milliseconds evidence_window = std::chrono::minutes(10);
  Components components = Components::together;
  Thresholds thresholds;
  Mode mode = Mode::enforce;
  Promotion promotion;
};

// The first policy that matches, nullptr when none does. Pure.
const Policy* find_policy(const std::vector<Policy>& policies, const Target& target,
                          const std::map<std::string, std::string>& labels);

// Whether a canary that has stood at 100 for so long counts as promoted, and is no canary any more. Where canaryd
// promotes it never does: canaryd removes the field itself, and until then watches over it.
bool counts_as_promoted(const Policy& policy, std::chrono::milliseconds at_full);

// SHA-256-able text of a policy: all its fields, in a fixed order.
std::string canonical_text(const Policy& policy);

}  // namespace canaryd::policy
