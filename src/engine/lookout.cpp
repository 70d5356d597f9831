#include "lookout.hpp"

#include <utility>

#include "canaryd/base/random.hpp"
#include "own_decisions.hpp"
#include "records.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;

constexpr const char* action = "observation";

std::string as_written(const std::optional<std::int64_t>& percent) {
  return percent ? std::to_string(*percent) : std::string("absent");
}

traffic::StateEntry lowered(const Observation& seen, const Target& target, const std::string& record, WallTime now) {
  traffic::StateEntry entry;
  entry.kind = traffic::StateEntry::Kind::lowered;
  entry.ns = target.ns;
  entry.name = target.name;
  entry.about = name_of(seen.component);
  entry.by = seen.manager;
  entry.reason = seen.detail;
  entry.since = now;
  entry.record = record;
  return entry;
}

}  // namespace

Lookout::Lookout(const Settings& settings, const CurrentRules& rules, State& state, audit::AuditLog& log,
                 Recorder& recorder, const Clock& clock, Logger& logger)
    : settings_(settings),
      rules_(rules),
      state_(state),
      log_(log),
      recorder_(recorder),
      clock_(clock),
      logger_(logger),
      recent_("canaryd_last_observation_timestamp_seconds",
              "When others did something to the canary that matters; for an hour after.") {}

void Lookout::look_at(const traffic::Rollout& before, const traffic::Rollout& after) {
  const auto quarantined = [&](const Revision& revision) {
    return state_.about(after.target, revision, "").quarantined;
  };
  for (const auto& seen : observe(before, after, settings_.field_manager(), quarantined)) tell(seen, after);
}

void Lookout::tell(const Observation& seen, const traffic::Rollout& rollout) {
  const auto rules = rules_.get();
  const Delivery nobody{"canaryd", "", {}, {}, clock_.steady()};
  Origin origin{nobody, rules->config_sha256, nullptr, nullptr};
  find_policy(origin, *rules, rollout);
  const std::string id = random_id();
  auto record = decision_record(id, origin, action, &rollout.target, &rollout,
                                by_one_guard(policy::Verdict::noop, seen.reason, seen.detail));
  record.details = {{"component", name_of(seen.component)},
                    {"revision", seen.revision.str()},
                    {"percent_before", as_written(seen.from)},
                    {"percent_after", as_written(seen.to)},
                    {"manager", seen.manager}};
  recorder_.count(action, policy::Verdict::noop, seen.reason);
  if (!log_.append(record)) logger_.error("observation_not_recorded", {{"service", rollout.target.str()}});
  logger_.warn(name_of(seen.reason),
               {{"id", id}, {"service", rollout.target.str()}, {"manager", seen.manager}, {"detail", seen.detail}});

  RecentAct act;
  act.target = rollout.target;
  act.component = seen.component;
  act.revision = seen.revision;
  act.reason = std::string(name_of(seen.reason));
  act.manager = seen.manager;
  act.at = clock_.now();
  recent_.add(std::move(act));
  if (seen.reason == Reason::lowered_by_hand || seen.reason == Reason::stable_reverted) {
    state_.write_later(lowered(seen, rollout.target, id, clock_.now()));
  }
}

}  // namespace canaryd::engine
