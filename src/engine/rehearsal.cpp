#include "canaryd/engine/rehearsal.hpp"

#include "canaryd/base/random.hpp"
#include "canaryd/engine/records.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"

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
  const auto known = rehearsed_.find(rollout.target);
  if (known != rehearsed_.end() && known->second == canaries) return std::nullopt;
  return rehearse(rollout, canaries);
}

void Rehearsal::forget(const Target& target) { rehearsed_.erase(target); }

std::optional<audit::Record> Rehearsal::rehearse(const traffic::Rollout& copy, const std::string& canaries) {
  const auto deadline = clock_.steady() + std::chrono::seconds(5);
  const auto reading = reader_.fresh(copy.target, deadline);
  if (!reading || canaries_of(reading->rollout) != canaries) return std::nullopt;  // the next change comes back here

  const auto components = in_flight(reading->rollout);
  const std::string patch = traffic::rollback_patch(reading->rollout, components);
  const auto body = api_.patch_inferenceservice({copy.target, patch, settings_.field_manager(), true, deadline});
  if (!body && (body.error().kind == ErrorKind::conflict || reason_for(body.error()) == Reason::cluster_unavailable)) {
    return std::nullopt;
  }

  audit::Record record;
  record.kind = audit::Kind::decision;
  record.id = random_id();
  record.target = target_ref(copy.target, &reading->rollout);
  record.action = "rehearsal";
  record.changes = changes_to_zero(reading->rollout, components);
  record.generation = reading->rollout.generation;
  record.patch = patch;
  Reason reason = Reason::rehearsed;
  audit::ApiAnswer answer;
  answer.http_status = 200;
  if (!body) {
    reason = reason_for(body.error());
    answer.http_status = body.error().http_status;
    answer.detail = traffic::status_message(body.error().message);
  } else if (const auto changed = traffic::changed_beyond_traffic(reading->json, *body); changed && !changed->empty()) {
    reason = Reason::admission_changed;
    answer.admission_changed = *changed;
    answer.detail = "admission would also change " + joined(*changed);
  }
  record.reason = name_of(reason);
  record.verdict = "noop";
  record.api = answer;
  record.message = "Tried the rollback of " + copy.target.str() +
                   " with dryRun=All: " + std::string(policy::all_reasons()[static_cast<std::size_t>(reason)].meaning);
  metrics_
      .counter("canaryd_rehearsals_total", "Rollbacks tried with dryRun=All when a canary was first seen.",
               {{"reason", record.reason}})
      .add();
  rehearsed_[copy.target] = canaries;
  return record;
}

}  // namespace canaryd::engine
