#include "advance_guards.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "canaryd/base/time_text.hpp"
#include "shapes.hpp"

namespace canaryd::policy {

namespace {

using traffic::ConditionStatus;

Answer passes(std::string detail) { return {true, std::move(detail)}; }
Answer stops(std::string detail) { return {false, std::move(detail)}; }
Answer passes_unless(bool stopped, std::string why, std::string otherwise = {}) {
  return stopped ? stops(std::move(why)) : passes(std::move(otherwise));
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// When the evidence began. A service that was deleted and made anew counts its revisions from 00001 again.
std::optional<Answer> ask_beginning(const Look& look) {
  const auto& began = look.request.starts_at;
  if (!began) return look.request.by_hand ? std::nullopt : std::optional(stops("the alert has no startsAt"));
  const std::string words = "startsAt " + to_rfc3339(*began);
  if (*began > look.facts.now + clock_skew) return stops(words + " is in the future");
  if (look.rollout.created && *began < *look.rollout.created) {
    return stops(words + " is before the service was created");
  }
  if (look.facts.revision_created && *began < *look.facts.revision_created) {
    return stops(words + " is before the revision was created");
  }
  return std::nullopt;
}

Answer ask_share(const Look& look) {
  if (auto answer = ask_beginning(look)) return *answer;
  if (!look.request.percent) {
    return look.request.by_hand ? passes("asked by hand") : stops("the alert names no percent");
  }
  return passes_unless(*look.request.percent != look.percent,
                       "it is about " + std::to_string(*look.request.percent) + " %, the canary is at " +
                           std::to_string(look.percent) + " %",
                       "it is about " + std::to_string(look.percent) + " %");
}

Answer ask_several(const Look& look) {
  std::vector<std::string> others;
  for (const auto& c : look.rollout.components) {
    if (c.component != look.canary.component && has_canary(c)) others.emplace_back(name_of(c.component));
  }
  return passes_unless(!others.empty(), "also in flight: " + joined(others));
}

Answer ask_convergence(const Look& look) {
  const auto& c = look.canary;
  const int share = c.share_of(c.latest_ready);
  if (share != look.percent) {
    return stops("status shows " + std::to_string(share) + " %, wanted are " + std::to_string(look.percent) + " %");
  }
  // At 100 KServe calls the canary rolled out; until it has, the field is not to be removed.
  if (look.percent == 100 && !in_last_stage(c)) return stops("KServe has not rolled it out yet");
  return passes_unless(c.route.status != ConditionStatus::is_true, "the route is not ready: " + c.route.reason,
                       "status shows " + std::to_string(share) + " %");
}

Answer ask_holds(const Look& look) {
  std::vector<std::string> words;
  words.reserve(look.facts.holds.size());
  for (const auto& hold : look.facts.holds) words.push_back(hold.scope + " by " + hold.who + ": " + hold.why);
  return passes_unless(!words.empty(), joined(words));
}

// Those that were delivered and those that Prometheus knows, each once.
Answer ask_bad_alerts(const Look& look) {
  auto names = look.facts.bad_alerts;
  if (look.facts.gate) {
    for (const auto& name : look.facts.gate->bad_alerts) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return passes_unless(!names.empty(), joined(names));
}

Answer ask_freeze(const Look& look) {
  for (const auto& window : look.policy.promotion.freeze) {
    if (is_frozen(window, look.facts.now)) return stops(freeze_text(window));
  }
  return passes("");
}

Answer ask_dwell(const Look& look) {
  if (look.percent == 0) return passes("there is no dwell at 0");
  const auto began = dwell_began(look.canary, look.facts);
  if (!began) return stops("since when the canary has had this share is not known, or in the future");
  const auto served = std::chrono::duration_cast<std::chrono::milliseconds>(look.facts.now - *began);
  const std::string words = "at " + std::to_string(look.percent) + " % since " + to_rfc3339(*began);
  return passes_unless(served < look.policy.promotion.dwell,
                       words + ", " + to_text(look.policy.promotion.dwell) + " are wanted", words);
}

Answer ask_gate(const Look& look, GateAnswer::Verdict against) {
  if (look.percent == 0) return passes("at 0 there is no traffic to ask about");
  const auto& gate = *look.facts.gate;
  std::vector<std::string> words;
  const std::string_view wanted = against == GateAnswer::Verdict::failed ? "failed" : "unknown";
  for (const auto& line : gate.reasons) {
    if (line.starts_with(wanted)) words.push_back(line);
  }
  const bool stopped = !words.empty() || gate.verdict == against;
  // What was passed is the proof of the step: said once, by the last of the two.
  if (!stopped && against == GateAnswer::Verdict::failed) return passes(joined(gate.reasons));
  return passes_unless(stopped, joined(words));
}

}  // namespace

std::optional<Answer> ask(Reason guard, const Look& look) {
  const auto& facts = look.facts;
  const auto& c = look.canary;
  switch (guard) {
    case Reason::stopped:
      return passes_unless(facts.stopped, "canaryd is stopped");
    case Reason::observe_only:
      return passes_unless(look.policy.mode == Mode::observe, "policy " + look.policy.name);
    case Reason::no_policy:
      return passes("policy " + look.policy.name);
    case Reason::no_canary:
      return passes(shown(c));
    case Reason::stale_revision:
      return passes(look.request.revision ? "it names " + c.latest_ready.str() : "asked by hand");
    case Reason::promotion_off:
      return passes_unless(!look.policy.promotion.enabled, "policy " + look.policy.name);
    case Reason::stale_alert:
      return ask_share(look);
    case Reason::several_components:
      return ask_several(look);
    case Reason::newer_revision_pending:
      return passes_unless(c.latest_created != c.latest_ready, c.latest_created.str() + " is created and not ready");
    case Reason::not_converged:
      return ask_convergence(look);
    case Reason::state_unknown:
      return passes_unless(!facts.state_known, "holds and quarantines are not known");
    case Reason::held:
      return ask_holds(look);
    case Reason::frozen:
      return ask_freeze(look);
    case Reason::breaker_open:
      return passes_unless(facts.breaker_open, "a shared cause is likely: look at the services rolled back last");
    case Reason::quarantined:
      return passes_unless(facts.quarantined, c.latest_ready.str() + " was rolled back");
    case Reason::at_zero:
      return passes_unless(look.percent == 0, "the canary is at 0");
    case Reason::lowered_by_hand:
      return passes_unless(facts.lowered_by_hand, "the percent is " + std::to_string(look.percent) + ", by " +
                                                      (c.percent_manager.empty() ? "nobody" : c.percent_manager));
    case Reason::warming_up:
      return passes_unless(facts.warming_up, "canaryd has just started");
    case Reason::bad_alert_active:
      return ask_bad_alerts(look);
    case Reason::dwell:
      return ask_dwell(look);
    case Reason::gate_unknown:
      return facts.gate ? std::optional(ask_gate(look, GateAnswer::Verdict::unknown)) : std::nullopt;
    case Reason::gate_failed:
      return facts.gate ? std::optional(ask_gate(look, GateAnswer::Verdict::failed)) : std::nullopt;
    case Reason::not_last_stage:
      return passes_unless(look.request.wish == AdvanceRequest::Wish::promote && look.percent != 100,
                           "the canary is at " + std::to_string(look.percent) + " %");
    default:
      return std::nullopt;
  }
}

}  // namespace canaryd::policy
