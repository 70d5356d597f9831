#include "parts.hpp"

#include <utility>

namespace canaryd::engine {

namespace {

constexpr auto state_deadline = std::chrono::seconds(3);
constexpr auto events_deadline = std::chrono::seconds(2);

}  // namespace

Parts::Parts(Settings s, Rules r, kube::KubeApi& api, prometheus::Client* prometheus, audit::AuditLog& audit_log,
             const Clock& c, Logger& l, Metrics& metrics)
    : settings(std::move(s)),
      clock(c),
      logger(l),
      rules(std::move(r)),
      events(settings, api, clock, logger, metrics),
      log(audit_log, events),
      store(clock, logger,
            [this](const Target& target, bool exposed, const traffic::Rollout* before) {
              on_change(target, exposed, before);
            }),
      reader(api, store, clock),
      state(settings, api, clock, logger, metrics),
      memory(clock),
      breaker(clock),
      facts(reader, store, state, memory, breaker, clock),
      recorder(log, logger, metrics),
      quarantines(state, log, clock),
      open(clock, metrics),
      rehearsal(
          settings, api, reader, [this](const traffic::Rollout& rollout) { return is_rolled_back(rollout); }, clock,
          metrics),
      background(settings, log, reader, store, rehearsal, clock, logger, metrics),
      actuator(settings, api, log, reader, background, clock, logger, metrics),
      promoter(reader, actuator, locks, facts, GateAsker(prometheus), clock),
      rollbacks(settings, reader, actuator, recorder, locks, facts, open, clock),
      advances(settings, promoter, recorder, clock),
      receiver(settings, rules, reader, recorder, rollbacks, advances, memory, clock, metrics),
      state_commands(log, state, store, recorder, clock),
      commands(settings, rules, log, reader, actuator, promoter, locks, facts, state_commands, recorder, clock,
               metrics),
      restarts(settings, rules, store, reader, actuator, locks, facts, log, recorder, clock),
      lookout(settings, rules, state, log, recorder, clock, logger),
      promotions("canaryd_last_promotion_timestamp_seconds",
                 "When this instance promoted the canary; for an hour after."),
      chores(clock) {
  background.connect(
      {[this](const Target& target, const auto& before, const auto& now) { looked_at(target, before, now); },
       [this](const Intent& intent) { applied(intent); },
       [this](const audit::Record& last, SteadyTime since) { return quarantines.may_end(last, since); }});
  state_chore_ = chores.add(std::chrono::seconds(5), [this] {
    state.refresh(clock.steady() + state_deadline);
    background.poke();
  });
  chores.add(std::chrono::seconds(1), [this] {
    quarantines.settle();
    state_commands.settle();
  });
  chores.add(std::chrono::seconds(1), [this] { decide_open(); });
  chores.add(std::chrono::seconds(1), [this] { restarts.turn(); });
  chores.add(std::chrono::seconds(1), [this] { events.write(clock.steady() + events_deadline); });
  metrics.add_source([this] { return series(); });
}

void Parts::start(std::function<bool()> copies_are_fresh) {
  fresh = copies_are_fresh;
  reader.trust_copies_when(std::move(copies_are_fresh));
  // Before the first alert: a person may have stopped canaryd.
  state.refresh(clock.steady() + state_deadline);
  take_up();
  background.start();
  chores.start();
}

void Parts::take_up() {
  quarantines.take_up(log.recovered().open_intents);
  state_commands.take_up(log.recovered().open_intents);
  background.take_up();
}

void Parts::stop() {
  stopping_ = true;
  chores.stop();
  background.stop();
}

// Only what is exposed, waited for or was moved matters to the background: 10,000 quiet services must not wake it.
void Parts::on_change(const Target& target, bool exposed, const traffic::Rollout* before) {
  if (exposed || before != nullptr || background.waits_for(target)) background.changed(target, before);
  open.poke(target);
}

void Parts::looked_at(const Target& target, const std::optional<traffic::Rollout>& before,
                      const std::optional<traffic::Rollout>& now) {
  restarts.note(target);
  if (!now) return forget(target);
  if (before) lookout.look_at(*before, *now);
}

// The revisions of a service that is made anew begin at 00001 again.
void Parts::forget(const Target& target) {
  for (const auto& entry : state.entries()) {
    const bool marks_a_revision =
        entry.kind == traffic::StateEntry::Kind::quarantine || entry.kind == traffic::StateEntry::Kind::lowered;
    if (marks_a_revision && entry.ns == target.ns && entry.name == target.name) state.remove_later(entry.key());
  }
}

// A rollback's quarantine is written after it, and repaired later: a rollback never waits for it.
void Parts::applied(const Intent& intent) {
  if (intent.record.action == "rollback") {
    quarantines.rolled_back(intent);
    breaker.note(intent.target, intent.id);
    chores.poke(state_chore_);
  }
  if (intent.record.action != "promote") return;
  const WallTime now = clock.now();
  for (const auto& change : intent.changes) {
    RecentAct act;
    act.target = intent.target;
    act.component = traffic::component_from(change.component).value_or(traffic::Component::predictor);
    act.revision = Revision(change.canary);
    act.record = intent.id;
    act.at = now;
    promotions.add(std::move(act));
  }
}

// Their reasons end with the stop, or when the API server is back; or the object changes (on_change).
void Parts::decide_open() {
  const bool stopped = facts.is_stopped(*rules.get());
  const bool is_fresh = fresh();
  if ((was_stopped_ && !stopped) || (is_fresh && !was_fresh_)) open.poke_all();
  was_stopped_ = stopped;
  was_fresh_ = is_fresh;
  for (auto& due : open.due(clock.steady())) {
    if (stopping_) return;
    receiver.decide_again(due.target, std::move(due.signals), due.delivery);
  }
}

bool Parts::is_rolled_back(const traffic::Rollout& rollout) const {
  const auto current = rules.get();
  const auto* policy = policy::find_policy(current->policies, rollout.target, rollout.labels);
  return policy != nullptr && policy->rollback;
}

}  // namespace canaryd::engine
