#include "advance_facts.hpp"

#include <optional>

#include "current_rules.hpp"

namespace canaryd::engine {

namespace {

// Alertmanager repeats a firing alert each minute: after two of them a bad one has come, if there is one.
constexpr auto warm_up = std::chrono::minutes(2);

void add_revision(policy::AdvanceFacts& facts, const std::optional<traffic::RevisionFacts>& revision) {
  if (!revision || revision->ready != traffic::ConditionStatus::is_true) return;
  facts.revision_created = revision->created;
  facts.revision_ready_since = revision->ready_since;
}

}  // namespace

bool AdvanceFactFinder::is_stopped(const Rules& rules) const { return engine::is_stopped(rules) || state_.stopped(); }

bool AdvanceFactFinder::is_breaker_open(const Rules& rules) const {
  return breaker_.is_open(rules.breaker, [this](const auto& visit) { state_.visit_quarantines(visit); });
}

AdvanceFactFinder::Moment AdvanceFactFinder::moment(const Rules& rules) const {
  return {clock_.now(), is_stopped(rules), is_breaker_open(rules), clock_.steady() - began_ < warm_up};
}

policy::AdvanceFacts AdvanceFactFinder::known(const Rules& rules, const traffic::Rollout& rollout,
                                              const traffic::ComponentRollout& canary) const {
  return known(moment(rules), rollout, canary);
}

policy::AdvanceFacts AdvanceFactFinder::known(const Moment& moment, const traffic::Rollout& rollout,
                                              const traffic::ComponentRollout& canary) const {
  const auto state = state_.about(rollout.target, canary.latest_ready, name_of(canary.component));
  policy::AdvanceFacts facts;
  facts.now = moment.now;
  facts.stopped = moment.stopped;
  facts.state_known = state.known;
  facts.warming_up = moment.warming_up;
  facts.breaker_open = moment.breaker_open;
  facts.quarantined = state.quarantined;
  facts.lowered_by_hand = state.lowered;
  facts.holds = state.holds;
  facts.bad_alerts = memory_.firing(rollout.target);
  facts.share_since = store_.share_since(rollout.target, canary.component, canary.latest_ready,
                                         canary.percent ? canary.percent->value() : -1);
  add_revision(facts, reader_.known_revision(rollout.target.ns, canary.latest_ready));
  return facts;
}

void AdvanceFactFinder::refresh(SteadyTime deadline) const { state_.refresh(deadline); }

policy::AdvanceFacts AdvanceFactFinder::find(const Rules& rules, const traffic::Rollout& rollout,
                                             const traffic::ComponentRollout& canary, SteadyTime deadline) const {
  const auto revision = reader_.revision(rollout.target.ns, canary.latest_ready, deadline);
  auto facts = known(rules, rollout, canary);
  facts.revision_created.reset();
  facts.revision_ready_since.reset();
  if (revision) add_revision(facts, *revision);
  return facts;
}

policy::AdvanceFacts AdvanceFactFinder::seen(const Rules& rules, const traffic::Rollout& rollout,
                                             const traffic::ComponentRollout& canary, SteadyTime deadline) const {
  const bool is_known = reader_.known_revision(rollout.target.ns, canary.latest_ready).has_value();
  return is_known ? known(rules, rollout, canary) : find(rules, rollout, canary, deadline);
}

}  // namespace canaryd::engine
