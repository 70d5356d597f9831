#include "canaryd/policy/decide.hpp"

#include <algorithm>

#include "canaryd/base/time_text.hpp"
#include "shapes.hpp"

namespace canaryd::policy {

namespace {

using traffic::Component;
using traffic::ComponentRollout;
using traffic::ConditionStatus;
using traffic::Rollout;

// Collects the guards' answers; the first that does not pass decides.
class Asking {
 public:
  void passed(Reason guard, std::string detail) { decision_.guards.push_back({guard, true, std::move(detail)}); }

  void overridden(Reason guard, std::string detail) {
    decision_.guards.push_back({guard, false, std::move(detail), true});
  }

  Decision ends(Reason reason, std::string detail) {
    decision_.guards.push_back({reason, false, std::move(detail)});
    decision_.reason = reason;
    decision_.verdict = info_of(reason).verdict;
    return std::move(decision_);
  }

  Decision acts(std::vector<Component> components) {
    decision_.reason = Reason::rolled_back;
    decision_.verdict = Verdict::act;
    decision_.components = std::move(components);
    return std::move(decision_);
  }

 private:
  Decision decision_;
};

const ComponentRollout* find_named(const Rollout& rollout, const Revision& named) {
  const auto found = std::find_if(rollout.components.begin(), rollout.components.end(),
                                  [&](const ComponentRollout& c) { return c.latest_ready == named; });
  return found == rollout.components.end() ? nullptr : &*found;
}

// Why an alert that names no component's ready revision is not acted on.
Decision about_another_revision(Asking& asking, const Rollout& rollout, const Revision& named) {
  for (const auto& c : rollout.components) {
    if (c.latest_created == named) {
      return asking.ends(Reason::canary_not_ready, named.str() + " is created and not ready; " + shown(c));
    }
  }
  return asking.ends(Reason::stale_revision, "the alert names " + named.str() + "; " + shown(rollout));
}

// KServe at stage 100 (facts: "rolled out at once"): 0 gives the traffic back to the previous revision, one level deep.
// Anything else at 100 is trap 8, or a promotion that is over, where the same patch would be trap 1.
std::optional<Decision> last_stage_refuses(Asking& asking, const ComponentRollout& c, const Policy& policy,
                                           const Circumstances& circumstances) {
  const auto since = circumstances.full_since.find(c.latest_ready);
  if (since == circumstances.full_since.end()) {
    return asking.ends(Reason::rollback_impossible, "since when the percent is 100 is not known");
  }
  if (since->second > circumstances.now + clock_skew) {
    return asking.ends(Reason::rollback_impossible,
                       "the percent's time is in the future: " + to_rfc3339(since->second));
  }
  const auto at_full = std::chrono::duration_cast<std::chrono::milliseconds>(circumstances.now - since->second);
  if (counts_as_promoted(policy, at_full)) {
    return asking.ends(Reason::no_canary, "at 100 since " + to_rfc3339(since->second) + ", longer than " +
                                              to_text(policy.last_stage_window) + ": promoted");
  }
  if (c.latest_created != c.latest_ready) {
    return asking.ends(Reason::rollback_impossible, "a newer revision is pending at stage 100; " + shown(c));
  }
  const auto known = circumstances.revision_ready.find(c.previous_rolledout);
  if (known == circumstances.revision_ready.end() || known->second != ConditionStatus::is_true) {
    return asking.ends(Reason::rollback_impossible,
                       "the previous revision " + shown(c.previous_rolledout) + " is not known to be Ready");
  }
  asking.passed(Reason::rollback_impossible, "the previous revision " + c.previous_rolledout.str() + " is Ready");
  return std::nullopt;
}

// The percent is 0 already: whether status followed.
Decision at_zero(Asking& asking, const ComponentRollout& c) {
  const int share = c.share_of(c.latest_ready);
  // Knative writes status.traffic before the ingress is programmed: the route condition says when (trap 7).
  if (share == 0 && c.route.status == ConditionStatus::is_true) {
    return asking.ends(Reason::already_rolled_back, shown(c));
  }
  const std::string seen = c.latest_ready.str() + " has " + std::to_string(share) + " % in status, and the route is " +
                           (c.route.status == ConditionStatus::is_true ? "ready" : "not ready");
  const bool blocked = c.route.status == ConditionStatus::is_false || c.ready.status == ConditionStatus::is_false;
  return asking.ends(blocked ? Reason::rollback_blocked : Reason::rollback_pending,
                     blocked ? seen + "; " + c.route.reason + " " + c.route.message : seen);
}

// An alert that names no revision must have begun after it could only be about this canary: `startsAt` is the END of
// the rule's `for`, hence the window.
std::optional<Decision> too_early(Asking& asking, const alert::Signal& signal, const ComponentRollout& c,
                                  const Policy& policy, const Circumstances& circumstances) {
  if (policy.unattributed == Unattributed::hold) {
    return asking.ends(Reason::stale_alert, "the alert names no revision, and the policy holds such alerts");
  }
  const auto since = circumstances.first_traffic.find(c.latest_ready);
  if (since == circumstances.first_traffic.end()) {
    return asking.ends(Reason::stale_alert, "since when " + c.latest_ready.str() + " has traffic is not known");
  }
  if (signal.alert.starts_at > circumstances.now + clock_skew) {
    return asking.ends(Reason::stale_alert, "startsAt is in the future: " + to_rfc3339(signal.alert.starts_at));
  }
  const WallTime earliest = since->second + policy.evidence_window;
  const std::string times = "startsAt " + to_rfc3339(signal.alert.starts_at) + ", first traffic of " +
                            c.latest_ready.str() + " " + to_rfc3339(since->second) + " and evidence window " +
                            to_text(policy.evidence_window);
  if (signal.alert.starts_at <= earliest) return asking.ends(Reason::stale_alert, times);
  asking.passed(Reason::stale_alert, times);
  return std::nullopt;
}

// Whether a component goes to 0 together with another that an alert is about.
bool goes_along(const ComponentRollout& c, const Policy& policy, const Circumstances& circumstances) {
  if (policy.components == Components::independent || c.latest_ready.empty()) return false;
  if (c.canary_in_flight()) return c.raw_percent != 0;
  Asking aside;
  return in_last_stage(c) && !last_stage_refuses(aside, c, policy, circumstances);
}

std::vector<Component> to_zero(const Rollout& rollout, const ComponentRollout& subject, const Policy& policy,
                               const Circumstances& circumstances) {
  std::vector<Component> components;
  for (const auto& c : rollout.components) {
    if (c.component == subject.component || goes_along(c, policy, circumstances)) components.push_back(c.component);
  }
  return components;
}

// What does not depend on which canary it is. Passing leaves nullopt.
std::optional<Decision> service_refuses(Asking& asking, const alert::Signal& signal, const Rollout& rollout,
                                        const Policy* policy) {
  if (signal.alert.status == alert::AlertStatus::resolved) {
    return asking.ends(Reason::resolved, "a resolved alert is no proof of health");
  }
  if (policy == nullptr) return asking.ends(Reason::no_policy, rollout.target.str());
  asking.passed(Reason::no_policy, "policy " + policy->name);
  if (!policy->rollback) return asking.ends(Reason::rollback_off, "policy " + policy->name);
  if (rollout.deleting) return asking.ends(Reason::not_found, "the service is being deleted");
  if (!is_knative(rollout)) return asking.ends(Reason::unsupported_mode, "only Knative mode is supported");
  asking.passed(Reason::unsupported_mode, "Knative mode");
  return std::nullopt;
}

Decision decide_subject(Asking& asking, const alert::Signal& signal, const Rollout& rollout, const ComponentRollout& c,
                        const Policy& policy, const Circumstances& circumstances) {
  if (c.latest_rolledout.empty()) return asking.ends(Reason::no_stable_revision, shown(c));
  if (c.latest_ready.empty()) return asking.ends(Reason::canary_not_ready, shown(c));
  const bool last_stage = in_last_stage(c);
  if (!c.canary_in_flight() && !last_stage) return asking.ends(Reason::no_canary, shown(c));
  asking.passed(Reason::no_canary, shown(c));
  if (c.raw_percent == 0) return at_zero(asking, c);
  if (!signal.revision) {
    if (auto refusal = too_early(asking, signal, c, policy, circumstances)) return *refusal;
  }
  if (last_stage) {
    if (auto refusal = last_stage_refuses(asking, c, policy, circumstances)) return *refusal;
  }
  if (circumstances.stopped) return asking.ends(Reason::stopped, "canaryd is stopped");
  if (circumstances.breaker_stops) {
    const std::string why = "breaker.rollbacks is stop";
    if (!circumstances.breaker_overridden) return asking.ends(Reason::breaker_open, why);
    asking.overridden(Reason::breaker_open, why);
  }
  auto components = to_zero(rollout, c, policy, circumstances);
  if (policy.mode == Mode::enforce) return asking.acts(std::move(components));
  auto decision = asking.ends(Reason::observe_only, "policy " + policy.name);
  decision.components = std::move(components);
  return decision;
}

// An alert that names no revision may be about any component: the first that is to be rolled back decides, else what
// holds the first canary in flight. A component in its last stage must not hide another's canary.
Decision decide_unattributed(const Asking& asking, const alert::Signal& signal, const Rollout& rollout,
                             const Policy& policy, const Circumstances& circumstances) {
  std::vector<const ComponentRollout*> candidates;
  for (const auto& c : rollout.components) {
    if (has_canary(c)) candidates.push_back(&c);
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const ComponentRollout* a, const ComponentRollout* b) {
    return is_exposed(*a) && a->canary_in_flight() && !(is_exposed(*b) && b->canary_in_flight());
  });
  std::optional<Decision> first;
  for (const auto* c : candidates) {
    Asking about = asking;
    about.passed(Reason::stale_revision, "the alert names no revision");
    auto decision = decide_subject(about, signal, rollout, *c, policy, circumstances);
    if (would_act(decision)) return decision;
    if (!first) first = std::move(decision);
  }
  if (first) return *first;
  Asking nothing = asking;
  return nothing.ends(Reason::no_canary, shown(rollout));
}

}  // namespace

bool in_last_stage(const ComponentRollout& c) {
  return c.raw_percent == 100 && !c.latest_ready.empty() && c.latest_ready == c.latest_rolledout &&
         !c.previous_rolledout.empty() && c.previous_rolledout != c.latest_ready;
}

bool has_canary(const ComponentRollout& c) {
  return !c.latest_ready.empty() && (c.canary_in_flight() || in_last_stage(c));
}

bool is_exposed(const ComponentRollout& c) {
  if (in_last_stage(c)) return true;
  return !c.latest_ready.empty() && c.canary_in_flight() && (c.raw_percent != 0 || c.share_of(c.latest_ready) > 0);
}

bool would_act(const Decision& decision) {
  return decision.verdict == Verdict::act || decision.reason == Reason::observe_only;
}

std::vector<Revision> revisions_to_ask(const Rollout& rollout) {
  std::vector<Revision> revisions;
  for (const auto& c : rollout.components) {
    if (in_last_stage(c)) revisions.push_back(c.previous_rolledout);
  }
  return revisions;
}

Decision decide_rollback(const alert::Signal& signal, const Rollout& rollout, const Policy* policy,
                         const Circumstances& circumstances) {
  Asking asking;
  if (auto refusal = service_refuses(asking, signal, rollout, policy)) return *refusal;

  // A service that was deleted and made anew counts its revisions from 00001 again.
  if (rollout.created && signal.alert.starts_at < *rollout.created) {
    return asking.ends(Reason::stale_alert, "startsAt " + to_rfc3339(signal.alert.starts_at) +
                                                " is before the service was created, " + to_rfc3339(*rollout.created));
  }
  if (!signal.revision) return decide_unattributed(asking, signal, rollout, *policy, circumstances);
  const ComponentRollout* subject = find_named(rollout, *signal.revision);
  if (subject == nullptr) return about_another_revision(asking, rollout, *signal.revision);
  asking.passed(Reason::stale_revision, "the alert names " + subject->latest_ready.str());
  return decide_subject(asking, signal, rollout, *subject, *policy, circumstances);
}

}  // namespace canaryd::policy
