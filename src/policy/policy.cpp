#include "canaryd/policy/policy.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cstdio>

namespace canaryd::policy {

namespace {

bool matches_any(const std::vector<std::string>& patterns, const std::string& text) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
         });
}

bool has_all(const std::map<std::string, std::string>& wanted, const std::map<std::string, std::string>& labels) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
    const auto found = labels.find(pair.first);
    return found != labels.end() && found->second == pair.second;
  });
}

// Length before text: no choice of names can make two policies read alike.
void add(std::string& out, const std::string& text) { out += std::to_string(text.size()) + ":" + text + ";"; }

void add(std::string& out, double number) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", number);
  add(out, std::string(buffer));
}

}  // namespace

const Policy* find_policy(const std::vector<Policy>& policies, const Target& target,
                          const std::map<std::string, std::string>& labels) {
  const auto found = std::find_if(policies.begin(), policies.end(), [&](const Policy& p) {
    return matches_any(p.namespaces, target.ns.str()) && matches_any(p.names, target.name.str()) &&
           has_all(p.labels, labels);
  });
  return found == policies.end() ? nullptr : &*found;
}

bool counts_as_promoted(const Policy& policy, std::chrono::milliseconds at_full) {
  const bool promotes = policy.promotion.enabled && policy.mode == Mode::enforce;
  return !promotes && at_full > policy.last_stage_window;
}

std::string canonical_text(const Policy& policy) {
  std::string out = "policy/1;";
  add(out, policy.name);
  add(out, static_cast<double>(policy.namespaces.size()));
  for (const auto& pattern : policy.namespaces) add(out, pattern);
  add(out, static_cast<double>(policy.names.size()));
  for (const auto& pattern : policy.names) add(out, pattern);
  add(out, static_cast<double>(policy.labels.size()));
  for (const auto& [key, value] : policy.labels) {
    add(out, key);
    add(out, value);
  }
  add(out, policy.rollback ? "rollback" : "no rollback");
  add(out, static_cast<double>(policy.last_stage_window.count()));
  add(out, static_cast<double>(policy.confirm_within.count()));
  add(out, policy.unattributed == Unattributed::rollback ? "rollback" : "hold");
  add(out, static_cast<double>(policy.evidence_window.count()));
  add(out, policy.components == Components::together ? "together" : "independent");
  for (const auto& signal : threshold_signals) add(out, policy.thresholds.*signal.value);
  add(out, std::string(name_of(policy.mode)));
  const auto& promotion = policy.promotion;
  add(out, promotion.enabled ? "promotion" : "no promotion");
  add(out, static_cast<double>(promotion.stages.size()));
  for (const int stage : promotion.stages) add(out, static_cast<double>(stage));
  add(out, static_cast<double>(promotion.dwell.count()));
  add(out, promotion.error_margin);
  add(out, promotion.new_revision_restarts ? "restarts" : "inherits");
  for (const auto& window : promotion.freeze) add(out, freeze_text(window));
  return out;
}

}  // namespace canaryd::policy
