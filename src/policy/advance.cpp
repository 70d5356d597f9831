#include "canaryd/policy/advance.hpp"

#include <algorithm>

#include "advance_guards.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/policy/guard_table.hpp"
#include "shapes.hpp"

namespace canaryd::policy {

namespace {

using traffic::ComponentRollout;
using traffic::Rollout;

// Collects all answers; the first that stops it decides.
class Answers {
 public:
  void add(Reason guard, Answer answer, bool overridden) {
    decision_.guards.push_back({guard, answer.passed, std::move(answer.detail), !answer.passed && overridden});
    if (answer.passed || overridden || decided_) return;
    decided_ = true;
    decision_.reason = guard;
    decision_.verdict = info_of(guard).verdict;
  }
  Decision ends(Reason guard, std::string detail) {
    add(guard, {false, std::move(detail)}, false);
    return std::move(decision_);
  }
  Decision acts_unless_stopped(const Step& step) {
    if (!decided_) {
      decision_.verdict = Verdict::act;
      decision_.reason = step.to ? Reason::advanced : Reason::promoted;
    }
    // observe_only is the table's last: nothing else stops it then, and this is what would be done.
    if (would_act(decision_)) decision_.step = step;
    return std::move(decision_);
  }

 private:
  Decision decision_;
  bool decided_ = false;
};

// Which canary is meant. nullptr: why none is.
struct Subject {
  const ComponentRollout* canary = nullptr;
  Reason reason = Reason::no_canary;
  std::string detail = {};
};

Subject find_subject(const AdvanceRequest& request, const Rollout& rollout) {
  if (request.revision) {
    for (const auto& c : rollout.components) {
      if (c.latest_ready == *request.revision) {
        if (has_canary(c)) return {&c};
        return {nullptr, c.latest_rolledout.empty() ? Reason::no_stable_revision : Reason::no_canary, shown(c)};
      }
      if (c.latest_created == *request.revision) return {nullptr, Reason::canary_not_ready, shown(c)};
    }
    return {nullptr, Reason::stale_revision, "asked about " + request.revision->str() + "; " + shown(rollout)};
  }
  if (!request.by_hand) return {nullptr, Reason::stale_revision, "the alert names no revision"};
  // Of several the first: that there are others stops it (several_components).
  const auto found = std::find_if(rollout.components.begin(), rollout.components.end(), has_canary);
  if (found == rollout.components.end()) return {nullptr, Reason::no_canary, shown(rollout)};
  return {&*found};
}

}  // namespace

const ComponentRollout* advance_subject(const AdvanceRequest& request, const Rollout& rollout) {
  return find_subject(request, rollout).canary;
}

std::optional<int> next_stage(const Promotion& promotion, int percent) {
  if (percent >= 100) return std::nullopt;
  int next = 100;
  for (const int stage : promotion.stages) {
    if (stage > percent) next = std::min(next, stage);
  }
  return next;
}

std::optional<WallTime> dwell_began(const ComponentRollout& component, const AdvanceFacts& facts) {
  std::optional<WallTime> newest;
  for (const auto& time :
       {component.percent_since, facts.revision_created, facts.revision_ready_since, facts.share_since}) {
    if (!time || *time > facts.now + clock_skew) return std::nullopt;
    newest = newest ? std::max(*newest, *time) : *time;
  }
  return newest;
}

Decision decide_advance(const AdvanceRequest& request, const Rollout& rollout, const Policy* policy,
                        const AdvanceFacts& facts) {
  Answers answers;
  if (policy == nullptr) return answers.ends(Reason::no_policy, rollout.target.str());
  if (rollout.deleting) return answers.ends(Reason::not_found, "the service is being deleted");
  if (!is_knative(rollout)) return answers.ends(Reason::unsupported_mode, "only Knative mode is supported");
  const auto subject = find_subject(request, rollout);
  if (subject.canary == nullptr) return answers.ends(subject.reason, subject.detail);
  const auto& canary = *subject.canary;
  if (!canary.percent)
    return answers.ends(Reason::not_converged, "the percent is not within 0 to 100; " + shown(canary));

  const Look look{request, rollout, canary, *policy, facts, canary.percent->value()};
  for (const auto& rule : guard_table()) {
    if (!(request.by_hand ? rule.stops_by_hand : rule.stops_advance)) continue;
    auto answer = ask(rule.reason, look);
    if (!answer) continue;
    const bool named =
        std::find(request.overrides.begin(), request.overrides.end(), rule.reason) != request.overrides.end();
    answers.add(rule.reason, std::move(*answer), named && rule.may_override && request.by_hand);
  }
  return answers.acts_unless_stopped({canary.component, look.percent, next_stage(policy->promotion, look.percent)});
}

}  // namespace canaryd::policy
