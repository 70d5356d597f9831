#include "restarts.hpp"

#include <algorithm>
#include <vector>

#include "canaryd/base/random.hpp"
#include "field_manager.hpp"
#include "records.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using policy::Verdict;

constexpr auto time_limit = std::chrono::seconds(8);  // as of a request
constexpr auto clock_skew = std::chrono::seconds(5);  // what two machines' clocks may differ by
constexpr auto look_again = std::chrono::seconds(30);
constexpr auto longest_second_look = std::chrono::seconds(1);  // under the lock, where a rollback may wait

policy::Decision found(const traffic::ComponentRollout& c, const policy::Promotion& promotion) {
  policy::Decision decision;
  decision.verdict = Verdict::act;
  decision.reason = Reason::restarted;
  const int percent = static_cast<int>(c.raw_percent.value_or(-1));
  decision.guards = {{Reason::restarted, true, c.latest_ready.str() + " was created after the percent was set"}};
  decision.step = policy::Step{c.component, percent, promotion.stages.front()};
  return decision;
}

}  // namespace

bool Restarts::is_candidate(const traffic::ComponentRollout& c, const policy::Promotion& promotion) const {
  return promotion.enabled && promotion.new_revision_restarts && c.canary_in_flight() && !c.latest_ready.empty() &&
         is_canaryd(c.percent_manager, settings_.field_manager()) && c.raw_percent > promotion.stages.front();
}

// managedFields' times have a resolution of 1 s, and a canary of ours that goes forward is older than a dwell.
Restarts::Heir Restarts::inherits(const traffic::ComponentRollout& c,
                                  const std::optional<traffic::RevisionFacts>& revision) const {
  if (!c.percent_since || !revision || !revision->created) return Heir::not_known;
  // Of a time in the future nothing was created after.
  if (*c.percent_since > clock_.now() + clock_skew) return Heir::not_known;
  return *revision->created >= *c.percent_since ? Heir::yes : Heir::no;
}

void Restarts::note(const Target& target) {
  const std::lock_guard lock(mutex_);
  noted_[target] = clock_.steady();
}

void Restarts::turn() {
  const SteadyTime now = clock_.steady();
  std::vector<Target> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [target, at] : noted_) {
      if (at <= now) due.push_back(target);
    }
    for (const auto& target : due) noted_.erase(target);
  }
  for (const auto& target : due) {
    const auto copy = store_.find(target);
    if (!copy) {
      settled_.erase(target);
    } else if (!look_at(*copy)) {
      const std::lock_guard lock(mutex_);
      noted_.try_emplace(target, now + look_again);
    }
  }
}

bool Restarts::look_at(const traffic::Rollout& copy) {
  const auto rules = rules_.get();
  const auto* policy = policy::find_policy(rules->policies, copy.target, copy.labels);
  if (policy == nullptr) return true;
  const SteadyTime deadline = clock_.steady() + time_limit;
  bool all_settled = true;
  for (const auto& c : copy.components) {
    if (!is_candidate(c, policy->promotion)) continue;
    auto& settled = settled_[copy.target][c.component];
    if (settled == c.latest_ready) continue;
    const auto revision = reader_.revision(copy.target.ns, c.latest_ready, deadline);
    const Heir heir = inherits(c, revision ? std::optional(*revision) : std::nullopt);
    if (heir == Heir::no || (heir == Heir::yes && take_back(copy.target, c.component, deadline))) {
      settled = c.latest_ready;
    } else {
      all_settled = false;
    }
  }
  return all_settled;
}

// Under the lock the object is looked at once more, on a fresh read.
bool Restarts::take_back(const Target& target, traffic::Component component, SteadyTime deadline) {
  const TargetLocks::Held lock(locks_, target, deadline);
  if (!lock) return false;
  const auto rules = rules_.get();
  if (facts_.is_stopped(*rules)) return false;
  const auto reading = reader_.fresh(target, std::min(deadline, clock_.steady() + longest_second_look));
  if (!reading) return false;
  const Delivery delivery{"canaryd", "", {}, {}, deadline};
  Origin origin{delivery, rules->config_sha256, nullptr, nullptr, "a new revision stands under the percent of another"};
  find_policy(origin, *rules, reading->rollout);
  const auto* c = reading->rollout.find(component);
  if (origin.policy == nullptr || c == nullptr || !is_candidate(*c, origin.policy->promotion)) return true;
  if (inherits(*c, reader_.known_revision(target.ns, c->latest_ready)) != Heir::yes) return false;

  auto decision = found(*c, origin.policy->promotion);
  const Move move = restart_of(reading->rollout, component, *decision.step->to);
  if (origin.policy->mode == policy::Mode::enforce) {
    const auto attempt = actuator_.carry_out(origin, {}, *reading, decision, move);
    const bool done = attempt.next == Attempt::Next::done;
    recorder_.count(move.action, done ? Verdict::act : Verdict::retry, attempt.reason);
    return done;
  }
  decision.guards.push_back({Reason::observe_only, false, "policy " + origin.policy->name});
  decision.verdict = Verdict::hold;
  decision.reason = Reason::observe_only;
  auto record = decision_record(random_id(), origin, move.action, &target, &reading->rollout, decision);
  add_trial(record, move, actuator_.try_out(move, *reading, deadline));
  recorder_.count(move.action, decision.verdict, decision.reason);
  return log_.append(record).has_value();
}

}  // namespace canaryd::engine
