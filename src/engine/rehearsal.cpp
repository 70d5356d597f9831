#include "rehearsal.hpp"

#include <utility>

#include "canaryd/base/random.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "records.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;

// The components of which a rollback would take traffic away, by an ordinary patch.
std::vector<traffic::Component> in_flight(const traffic::Rollout& rollout) {
  std::vector<traffic::Component> out;
  for (const auto& c : rollout.components) {
    if (c.canary_in_flight() && c.raw_percent != 0) out.push_back(c.component);
  }
  return out;
}

std::string canaries_of(const traffic::Rollout& rollout) {
  std::string out = rollout.uid.str();
  for (const auto component : in_flight(rollout)) out += " " + rollout.find(component)->latest_ready.str();
  return out;
}

std::string joined(const std::vector<std::string>& paths) {
  std::string out;
  for (const auto& path : paths) out += (out.empty() ? "" : ", ") + path;
  return out;
}

// A rehearsal that was refused is tried again at the next look: permissions and policies get mended.
bool is_passed(Reason reason) { return reason == Reason::rehearsed || reason == Reason::admission_changed; }

Reason reason_for(const Error& error) {
  switch (error.kind) {
    case ErrorKind::forbidden:
    case ErrorKind::unauthenticated:
      return Reason::forbidden;
    case ErrorKind::rejected:
    case ErrorKind::invalid:
      return Reason::patch_rejected;
    default:
      return Reason::cluster_unavailable;
  }
}

Reason judge(const Reading& reading, const Result<std::string>& body, audit::ApiAnswer& answer) {
  if (!body) {
    answer.http_status = body.error().http_status;
    answer.detail = traffic::status_message(body.error().message);
    return reason_for(body.error());
  }
  answer.http_status = 200;
  const auto changed = traffic::changed_beyond_traffic(reading.json, *body);
  if (!changed || changed->empty()) return Reason::rehearsed;
  answer.admission_changed = *changed;
  answer.detail = "admission would also change " + joined(*changed);
  return Reason::admission_changed;
}

}  // namespace

Rehearsal::Rehearsal(const Settings& settings, kube::KubeApi& api, Reader& reader,
                     std::function<bool(const traffic::Rollout&)> wanted, const Clock& clock, Metrics& metrics)
    : settings_(settings), api_(api), reader_(reader), wanted_(std::move(wanted)), clock_(clock), metrics_(metrics) {}

std::optional<audit::Record> Rehearsal::look_at(const traffic::Rollout& rollout) {
  if (in_flight(rollout).empty() || !wanted_(rollout)) {
    forget(rollout.target);
    return std::nullopt;
  }
  const std::string canaries = canaries_of(rollout);
  if (has_passed(rollout.target, canaries)) return std::nullopt;
  return rehearse(rollout, canaries);
}

bool Rehearsal::has_passed(const Target& target, const std::string& canaries) const {
  const std::lock_guard lock(mutex_);
  const auto known = rehearsed_.find(target);
  return known != rehearsed_.end() && known->second.canaries == canaries && known->second.passed;
}

void Rehearsal::forget(const Target& target) {
  const std::lock_guard lock(mutex_);
  rehearsed_.erase(target);
}

Rehearsal::Last Rehearsal::remember(const Target& target, const std::string& canaries, Reason reason) {
  const std::lock_guard lock(mutex_);
  return std::exchange(rehearsed_[target], Last{canaries, reason, is_passed(reason)});
}

MetricFamily Rehearsal::series() const {
  MetricFamily family{"canaryd_rollback_rehearsed", "1, by how the rehearsal of the canary's rollback ended.", {}};
  const std::lock_guard lock(mutex_);
  for (const auto& [target, last] : rehearsed_) {
    family.samples.push_back({{{"namespace", target.ns.str()},
                               {"inferenceservice", target.name.str()},
                               {"reason", std::string(name_of(last.reason))}},
                              1});
  }
  return family;
}

std::optional<audit::Record> Rehearsal::rehearse(const traffic::Rollout& copy, const std::string& canaries) {
  const auto deadline = clock_.steady() + std::chrono::seconds(5);
  const auto reading = reader_.fresh(copy.target, deadline);
  if (!reading || canaries_of(reading->rollout) != canaries) return std::nullopt;  // the next change comes back here

  const auto components = in_flight(reading->rollout);
  const std::string patch = traffic::rollback_patch(reading->rollout, components);
  const auto body = api_.patch_inferenceservice({copy.target, patch, settings_.field_manager(), true, deadline});
  if (!body && !tells_something(*reading, body.error(), deadline)) return std::nullopt;

  audit::ApiAnswer answer;
  const Reason reason = judge(*reading, body, answer);
  const Last former = remember(copy.target, canaries, reason);
  metrics_
      .counter("canaryd_rehearsals_total", "Rollbacks tried with dryRun=All when a canary was first seen.",
               {{"reason", std::string(name_of(reason))}})
      .add();
  if (former.canaries == canaries && former.reason == reason) return std::nullopt;  // refused as before

  audit::Record record;
  record.kind = audit::Kind::decision;
  record.id = random_id();
  record.target = target_ref(copy.target, &reading->rollout);
  record.action = "rehearsal";
  record.verdict = "noop";
  record.reason = name_of(reason);
  record.changes = changes_to_zero(reading->rollout, components);
  record.generation = reading->rollout.generation;
  record.patch = patch;
  record.api = std::move(answer);
  record.message = "Tried the rollback of " + copy.target.str() +
                   " with dryRun=All: " + std::string(policy::info_of(reason).meaning);
  return record;
}

// Whether a refused dry run says anything about the rollback: not when the API server was away, nor when the object
// changed between the reading and the patch, as it does while a canary comes up.
bool Rehearsal::tells_something(const Reading& reading, const Error& error, SteadyTime deadline) {
  if (error.kind == ErrorKind::rejected) {
    const auto again = reader_.fresh(reading.rollout.target, deadline);
    return again && traffic::passes_same_tests(reading.rollout, again->rollout);
  }
  return error.kind != ErrorKind::conflict && reason_for(error) != Reason::cluster_unavailable;
}

}  // namespace canaryd::engine
