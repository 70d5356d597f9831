#pragma once

#include <chrono>
#include <string>

#include "canaryd/traffic/rollout.hpp"

// How the decisions look at a rollout, and say what they saw.
namespace canaryd::policy {

inline constexpr auto clock_skew = std::chrono::seconds(5);  // what two machines' clocks may differ by

std::string shown(const Revision& revision);  // "none" for an empty one
std::string shown(const traffic::ComponentRollout& component);
std::string shown(const traffic::Rollout& rollout);

// Only Knative mode writes revisions into the status; older KServe says its mode nowhere else.
bool is_knative(const traffic::Rollout& rollout);

}  // namespace canaryd::policy
