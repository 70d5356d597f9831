#include "actuator.hpp"

#include <algorithm>

#include "canaryd/base/random.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;

// What must be left of the request's time when the patch's is over: a read that settles it, and the record of that.
constexpr auto reserve_for_settling = std::chrono::milliseconds(1500);
constexpr auto confirm_within_default = std::chrono::minutes(1);

Reason reason_for(const Error& error) {
  switch (error.kind) {
    case ErrorKind::forbidden:
    case ErrorKind::unauthenticated:
      return Reason::forbidden;
    case ErrorKind::rejected:
    case ErrorKind::conflict:
    case ErrorKind::not_found:
      return Reason::conflict;
    case ErrorKind::invalid:
      return Reason::patch_rejected;
    default:
      return Reason::cluster_unavailable;
  }
}

bool is_precondition(const Error& error) {
  return error.kind == ErrorKind::rejected || error.kind == ErrorKind::conflict || error.kind == ErrorKind::not_found;
}

audit::ApiAnswer answer_of(const Error& error, std::string result) {
  audit::ApiAnswer answer;
  answer.http_status = error.http_status;
  answer.result = std::move(result);
  answer.detail = traffic::status_message(error.message);
  return answer;
}

}  // namespace

struct Actuator::Job {
  const Origin& origin;
  const Reading& reading;
  const Reason done;
  Intent intent;
  SteadyTime patch_deadline;
};

Actuator::Actuator(const Settings& settings, kube::KubeApi& api, audit::AuditLog& log, Reader& reader,
                   Background& background, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(settings),
      api_(api),
      log_(log),
      reader_(reader),
      background_(background),
      clock_(clock),
      logger_(logger),
      patch_seconds_(metrics.histogram("canaryd_patch_seconds", "Time from a patch's sending to its answer.",
                                       latency_buckets())) {}

audit::ApiAnswer Actuator::try_out(const Move& move, const Reading& reading, SteadyTime deadline) {
  const auto body = api_.patch_inferenceservice(
      {reading.rollout.target, move.patch, settings_.field_manager(), true, deadline - reserve_for_settling});
  if (!body) return answer_of(body.error(), "dry_run_refused");
  audit::ApiAnswer answer;
  answer.http_status = 200;
  answer.result = "dry_run";
  return answer;
}

Attempt Actuator::carry_out(const Origin& origin, const std::vector<alert::Signal>& signals, const Reading& reading,
                            const policy::Decision& decision, const Move& move) {
  const auto intent = intent_record(random_id(), origin, signals, reading.rollout, decision, move);
  Job job{origin, reading, move.done, intent_from(intent, clock_.steady()),
          origin.delivery.deadline - reserve_for_settling};

  if (!log_.append(intent)) return {Attempt::Next::retry, Reason::audit_unavailable};
  if (clock_.steady() >= job.patch_deadline) {
    return close(job, {Attempt::Next::retry, Reason::audit_unavailable, job.intent.id},
                 answer_of(Error::io("the intent was on disk only after the request's deadline"), "not_sent"));
  }
  background_.sending(job.intent);
  Attempt attempt = send(job);
  background_.sent(job.intent);
  attempt.id = job.intent.id;
  return attempt;
}

Attempt Actuator::send(Job& job) {
  const auto began = clock_.steady();
  const auto body = api_.patch_inferenceservice(
      {job.reading.rollout.target, job.intent.record.patch, settings_.field_manager(), false, job.patch_deadline});
  patch_seconds_.observe(std::chrono::duration<double>(clock_.steady() - began).count());
  if (body) return applied(job, *body);
  logger_.warn("patch_failed", {{"id", job.intent.id},
                                {"service", job.intent.target.str()},
                                {"kind", name_of(body.error().kind)},
                                {"status", body.error().http_status},
                                {"why", traffic::status_message(body.error().message)}});
  return body.error().kind == ErrorKind::outcome_unknown ? unknown(job, body.error()) : not_applied(job, body.error());
}

Attempt Actuator::applied(Job& job, const std::string& body) {
  const auto rollout = traffic::decode_rollout(body);
  if (!rollout)
    return unknown(job, Error::outcome_unknown("a 200 whose body cannot be read: " + rollout.error().message));
  if (rollout->target != job.intent.target || rollout->uid != job.intent.uid ||
      rollout->generation <= job.intent.generation) {
    return unknown(job, Error::outcome_unknown("a 200 with another object, or with its old generation"));
  }
  audit::ApiAnswer answer;
  answer.http_status = 200;
  answer.result = "applied";
  answer.generation = rollout->generation;
  for (const auto& change : job.intent.changes) {
    const auto* component = rollout->find(*traffic::component_from(change.component));
    if (component != nullptr && shows(*component, change.percent_after)) continue;
    answer.result = "not_applied";
    answer.detail = "the object came back with another percent for " + change.component + ": admission undid the patch";
    return close(job, {Attempt::Next::retry, Reason::patch_rejected}, answer);
  }
  const std::string before = job.reading.json.empty() ? reader_.last_json(job.reading.rollout) : job.reading.json;
  if (!before.empty()) {
    if (auto changed = traffic::changed_beyond_traffic(before, body)) answer.admission_changed = *changed;
  }
  reader_.learned(*rollout);
  return close(job, {Attempt::Next::done, job.done}, answer);
}

Attempt Actuator::not_applied(Job& job, const Error& error) {
  const auto next = is_precondition(error) ? Attempt::Next::decide_anew : Attempt::Next::retry;
  return close(job, {next, reason_for(error), {}, error.kind == ErrorKind::rejected}, answer_of(error, "not_applied"));
}

Attempt Actuator::unknown(Job& job, const Error& error) {
  const auto read = reader_.fresh(job.intent.target, job.origin.delivery.deadline);
  const Result<traffic::Rollout> rollout = read ? Result<traffic::Rollout>(read->rollout) : fail(read.error());
  const auto settlement = settle(job.intent, rollout, settings_.field_manager(), clock_.steady());
  if (!settlement || background_.has_twin(job.intent)) {
    background_.settle_later(job.intent);
    return {Attempt::Next::retry, Reason::outcome_unknown};
  }
  auto answer = answer_of(error, settlement->result);
  answer.detail += "; settled by reading: " + settlement->detail;
  const bool done = settlement->result == "applied";
  return close(job, {done ? Attempt::Next::done : Attempt::Next::retry, done ? job.done : Reason::outcome_unknown},
               answer);
}

// Records the outcome. When that fails the patch stays an intent without outcome, which is settled later by reading.
Attempt Actuator::close(Job& job, Attempt attempt, audit::ApiAnswer answer) {
  const bool is_applied = answer.result == "applied";
  std::vector<audit::Record> records;
  std::vector<Intent> disproved;
  if (is_applied) disproved = background_.take_disproved(job.intent);
  records.reserve(disproved.size() + 1);
  for (const auto& open : disproved) {
    records.push_back(settlement_record(open.record, "not_applied",
                                        "patch " + job.intent.id + ", which has the same tests, was applied"));
  }
  records.push_back(outcome_record(job.intent.record, attempt.reason, std::move(answer)));
  if (!log_.append(records)) {
    for (const auto& open : disproved) background_.settle_later(open);
    background_.settle_later(job.intent);
    return {Attempt::Next::retry, Reason::audit_unavailable};
  }
  if (is_applied) {
    logger_.info(policy::name_of(job.done), {{"id", job.intent.id}, {"service", job.intent.target.str()}});
    const auto within = job.origin.policy == nullptr ? std::chrono::milliseconds(confirm_within_default)
                                                     : job.origin.policy->confirm_within;
    background_.confirm(job.intent, within);
  }
  return attempt;
}

}  // namespace canaryd::engine
