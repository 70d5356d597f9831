#include "promoter.hpp"

#include <algorithm>
#include <utility>

#include "own_decisions.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using policy::Verdict;

// What must be left when the gate's time is over: the second look, the intent, the patch and what may settle it.
constexpr auto least_time_to_act = std::chrono::milliseconds(500);
constexpr auto reserve_for_acting = std::chrono::milliseconds(3500);
// Each may wait for a slow Prometheus in a connection's thread, and rollbacks need some, too.
constexpr int most_gates_at_once = 8;
constexpr auto longest_second_look = std::chrono::seconds(1);

policy::Decision conflict(std::vector<policy::Guard> guards, std::string detail) {
  guards.push_back({Reason::conflict, false, std::move(detail)});
  return {Verdict::hold, Reason::conflict, std::move(guards), {}};
}

bool is_same(const traffic::ComponentRollout& a, const traffic::ComponentRollout& b) {
  return a.component == b.component && a.latest_ready == b.latest_ready && a.raw_percent == b.raw_percent &&
         a.latest_rolledout == b.latest_rolledout;
}

}  // namespace

// One version of the object, and what is decided on it.
struct Promoter::Judged {
  policy::Decision decision;
  std::optional<Reading> reading;
  std::optional<traffic::ComponentRollout> canary;
};

Promoter::Promoter(Reader& reader, Actuator& actuator, TargetLocks& locks, const AdvanceFactFinder& facts,
                   GateAsker gate, const Clock& clock)
    : reader_(reader), actuator_(actuator), locks_(locks), facts_(facts), gate_(gate), clock_(clock) {}

Promoter::Outcome Promoter::step(const Ask& ask) const {
  facts_.refresh(ask.origin.delivery.deadline);
  auto judged = judge(ask, std::nullopt);
  if (!policy::would_act(judged.decision)) {
    return {std::move(judged.decision), judged.reading ? std::optional(judged.reading->rollout) : std::nullopt};
  }
  const auto gate = ask_gate(ask, judged);
  return act(ask, gate, judged);
}

Promoter::Judged Promoter::judge(const Ask& ask, std::optional<policy::GateAnswer> gate) const {
  // Under the lock, where a rollback may wait behind it, the read may take a moment only.
  const SteadyTime whole = ask.origin.delivery.deadline;
  const SteadyTime deadline = gate ? std::min(whole, clock_.steady() + longest_second_look) : whole;
  Judged judged;
  auto reading = reader_.fresh(ask.target, deadline);
  if (!reading) return {not_read(reading.error()), std::nullopt, std::nullopt};
  find_policy(ask.origin, ask.rules, reading->rollout);
  policy::AdvanceFacts facts;
  if (const auto* canary = policy::advance_subject(ask.request, reading->rollout)) {
    judged.canary = *canary;
    // The second look is under the lock, a moment later: what else was asked then is known.
    facts = gate ? facts_.known(ask.rules, reading->rollout, *canary)
                 : facts_.find(ask.rules, reading->rollout, *canary, deadline);
  }
  facts.now = clock_.now();
  facts.gate = std::move(gate);
  judged.decision = policy::decide_advance(ask.request, reading->rollout, ask.origin.policy, facts);
  judged.reading = std::move(*reading);
  return judged;
}

policy::GateAnswer Promoter::ask_gate(const Ask& ask, const Judged& judged) const {
  struct Turn {
    explicit Turn(std::atomic<int>& count) : count_(count), before_(count_++) {}
    ~Turn() { --count_; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    std::atomic<int>& count_;
    const int before_;
  };
  const Turn turn(asking_);
  if (turn.before_ >= most_gates_at_once) {
    return {policy::GateAnswer::Verdict::unknown,
            {"unknown: too many gates are being asked; the next repeat asks again"}};
  }
  return gate_.ask(ask.target, *judged.canary, *ask.origin.policy, ask.rules.alerts,
                   ask.origin.delivery.deadline - reserve_for_acting);
}

// Under the lock: what was true before the gate was asked may not be now.
Promoter::Outcome Promoter::act(const Ask& ask, const policy::GateAnswer& gate, const Judged& asked) const {
  const TargetLocks::Held lock(locks_, ask.target, ask.origin.delivery.deadline);
  // An intent whose patch would not be sent any more says less than the reason for it.
  if (!lock || clock_.steady() >= ask.origin.delivery.deadline - least_time_to_act) {
    return {by_one_guard(Verdict::retry, Reason::conflict, "another decision about the service took too long"),
            asked.reading->rollout};
  }
  auto judged = judge(ask, gate);
  const bool would_act = policy::would_act(judged.decision);
  if (would_act && !is_same(*judged.canary, *asked.canary)) {
    judged.decision = conflict(std::move(judged.decision.guards), "the canary changed while Prometheus was asked");
  }
  if (!would_act || judged.decision.reason == Reason::conflict) {
    return {std::move(judged.decision), judged.reading ? std::optional(judged.reading->rollout) : std::nullopt};
  }
  return carry_out(ask, std::move(judged));
}

Promoter::Outcome Promoter::carry_out(const Ask& ask, Judged judged) const {
  const Reading& reading = *judged.reading;
  Outcome out{judged.decision, reading.rollout};
  const Move move = step_of(reading.rollout, *judged.decision.step);
  if (judged.decision.verdict != Verdict::act) {
    out.trial = actuator_.try_out(move, reading, ask.origin.delivery.deadline);
    out.tried = move;
    return out;
  }
  out.attempt = actuator_.carry_out(ask.origin, ask.signals, reading, judged.decision, move);
  if (out.attempt.next == Attempt::Next::decide_anew) {
    out.decision = conflict(std::move(judged.decision.guards), "the API server refused the patch: a test failed");
    return out;
  }
  out.acted = true;
  return out;
}

}  // namespace canaryd::engine
