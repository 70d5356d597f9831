#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/policy/advance.hpp"
#include "canaryd/policy/guard_table.hpp"
#include "policy/rollouts.hpp"

// A canary that all evidence speaks for, and what can stand in its way: one obstacle for each guard.
namespace canaryd::policy::testing {

inline Policy promoting() {
  auto policy = default_policy();
  policy.promotion.enabled = true;
  return policy;
}

// Revision 2 over revision 1 at this share, as status shows it.
inline traffic::Rollout canary_at(int percent) {
  return percent == 100 ? rollout(100, {2, 2, 2, 1}) : rollout(percent, {2, 2, 1});
}

// A firing CanaryHealthy about revision 2 at this share.
inline AdvanceRequest healthy(int percent) {
  AdvanceRequest request;
  request.revision = rev(2);
  request.percent = percent;
  request.starts_at = at("11:30:00");
  return request;
}

inline AdvanceRequest asked_by_hand(std::vector<Reason> overrides = {}) {
  AdvanceRequest request;
  request.by_hand = true;
  request.overrides = std::move(overrides);
  return request;
}

inline AdvanceFacts all_evidence() {
  AdvanceFacts facts;
  facts.now = at("12:00:00");
  facts.state_known = true;
  facts.warming_up = false;
  facts.share_since = at("11:02:00");
  facts.revision_created = at("10:50:00");
  facts.revision_ready_since = at("10:55:00");
  facts.gate = GateAnswer{GateAnswer::Verdict::passed, {"passed: everything"}, {}};
  return facts;
}

// All that decide_advance and decide_rollback look at.
struct Case {
  AdvanceRequest request = healthy(10);
  traffic::Rollout rollout = canary_at(10);
  std::optional<Policy> policy = promoting();
  AdvanceFacts facts = all_evidence();

  Decision advance() const { return decide_advance(request, rollout, policy ? &*policy : nullptr, facts); }
  // The same situation, and a bad alert about the same revision.
  Decision rolled_back() const {
    Circumstances circumstances;
    circumstances.now = facts.now;
    circumstances.stopped = facts.stopped;
    return decide_rollback(bad_alert(request.revision), rollout, policy ? &*policy : nullptr, circumstances);
  }
};

struct Obstacle {
  Reason guard;
  std::function<void(Case&)> put;
};

inline FreezeWindow always() {
  FreezeWindow window;
  window.days.fill(true);
  return window;
}

// One signal more of the gate, which did not pass: failed outweighs unknown.
inline void add_to_gate(Case& c, GateAnswer::Verdict verdict, const std::string& line) {
  c.facts.gate->reasons.push_back(line);
  if (c.facts.gate->verdict != GateAnswer::Verdict::failed) c.facts.gate->verdict = verdict;
}

// Those that leave no question which canary is meant, and at which share.
inline std::vector<Obstacle> obstacles() {
  using Verdict = GateAnswer::Verdict;
  return {
      {Reason::stopped, [](Case& c) { c.facts.stopped = true; }},
      {Reason::promotion_off, [](Case& c) { c.policy->promotion.enabled = false; }},
      {Reason::stale_alert,
       [](Case& c) {
         c.rollout.created = at("11:58:00");
         c.request.percent = 5;
       }},
      {Reason::several_components,
       [](Case& c) { c.rollout.components.push_back(component(10, {2, 2, 1}, traffic::Component::transformer)); }},
      {Reason::newer_revision_pending, [](Case& c) { c.rollout.components[0].latest_created = rev(3); }},
      {Reason::not_converged, [](Case& c) { c.rollout.components[0].traffic.clear(); }},
      {Reason::state_unknown, [](Case& c) { c.facts.state_known = false; }},
      {Reason::held, [](Case& c) { c.facts.holds = {{"ml", "token:alice", "the database moves"}}; }},
      {Reason::frozen, [](Case& c) { c.policy->promotion.freeze = {always()}; }},
      {Reason::breaker_open, [](Case& c) { c.facts.breaker_open = true; }},
      {Reason::quarantined, [](Case& c) { c.facts.quarantined = true; }},
      {Reason::lowered_by_hand, [](Case& c) { c.facts.lowered_by_hand = true; }},
      {Reason::warming_up, [](Case& c) { c.facts.warming_up = true; }},
      {Reason::bad_alert_active, [](Case& c) { c.facts.bad_alerts = {"CanaryFailing"}; }},
      {Reason::dwell, [](Case& c) { c.facts.share_since = at("11:59:00"); }},
      {Reason::gate_unknown, [](Case& c) { add_to_gate(c, Verdict::unknown, "unknown: no answer"); }},
      {Reason::gate_failed, [](Case& c) { add_to_gate(c, Verdict::failed, "failed: latency"); }},
      {Reason::observe_only, [](Case& c) { c.policy->mode = Mode::observe; }},
  };
}

// The rest: each is another situation.
inline std::vector<Obstacle> other_situations() {
  return {
      {Reason::no_policy, [](Case& c) { c.policy.reset(); }},
      {Reason::not_found, [](Case& c) { c.rollout.deleting = true; }},
      {Reason::unsupported_mode, [](Case& c) { c.rollout.mode = traffic::Mode::standard; }},
      {Reason::rollback_off, [](Case& c) { c.policy->rollback = false; }},
      {Reason::no_stable_revision, [](Case& c) { c.rollout = rollout(10, {2, 2, 0}); }},
      {Reason::canary_not_ready,
       [](Case& c) {
         c.rollout = rollout(10, {3, 2, 1});
         c.request.revision = rev(3);
       }},
      {Reason::no_canary, [](Case& c) { c.rollout = rollout(10, {2, 2, 2, 1}); }},
      {Reason::stale_revision, [](Case& c) { c.request.revision = rev(7); }},
      {Reason::rollback_impossible,
       [](Case& c) {
         c.rollout = canary_at(100);
         c.request.percent = 100;
       }},
      {Reason::not_last_stage, [](Case& c) { c.request.wish = AdvanceRequest::Wish::promote; }},
      {Reason::at_zero,
       [](Case& c) {
         c.rollout = canary_at(0);
         c.request.percent = 0;
       }},
  };
}

// "act advanced", "hold dwell"
inline std::string words_of(const Decision& decision) {
  return std::string(name_of(decision.verdict)) + " " + std::string(name_of(decision.reason));
}

// The guards that did not pass, overridden ones too: "dwell gate_failed".
inline std::string failing(const Decision& decision) {
  std::string out;
  for (const auto& guard : decision.guards) {
    if (!guard.passed) out += (out.empty() ? "" : " ") + std::string(name_of(guard.reason));
  }
  return out;
}

}  // namespace canaryd::policy::testing
