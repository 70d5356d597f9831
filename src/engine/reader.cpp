#include "reader.hpp"

#include <algorithm>

#include "canaryd/traffic/decode.hpp"

namespace canaryd::engine {

namespace {
constexpr auto proof_lasts = std::chrono::seconds(5);
constexpr std::size_t most_proofs = 10'000;
constexpr auto revision_lasts = std::chrono::minutes(1);
constexpr std::size_t most_revisions = 1'000;
constexpr std::size_t most_bodies = 200;  // about 7 kB each
}  // namespace

Reader::Reader(kube::KubeApi& api, RolloutStore& store, const Clock& clock)
    : api_(api), store_(store), clock_(clock), copies_are_fresh_([] { return false; }) {}

void Reader::trust_copies_when(std::function<bool()> copies_are_fresh) {
  copies_are_fresh_ = std::move(copies_are_fresh);
}

Result<Reading> Reader::copy_or_fresh(const Target& target, SteadyTime deadline) {
  if (copies_are_fresh_()) {
    if (auto copy = store_.find(target)) return Reading{std::move(*copy), {}, true};
  }
  return fresh(target, deadline);
}

Result<Reading> Reader::fresh(const Target& target, SteadyTime deadline) {
  auto body = api_.get_inferenceservice(target, deadline);
  if (!body) {
    if (body.error().kind == ErrorKind::not_found) store_.forget(target);
    return fail(body.error());
  }
  auto rollout = traffic::decode_rollout(*body);
  if (!rollout) return fail(Error::unavailable("the API server's answer cannot be read: " + rollout.error().message));
  if (rollout->target != target) {
    return fail(Error::unavailable("asked for " + target.str() + ", the API server answered " + rollout->target.str()));
  }
  learned(*rollout);
  keep_json(*rollout, *body);
  return Reading{std::move(*rollout), std::move(*body), false};
}

// The rehearsal reads each new canary; what it read is what a patch's answer is compared with.
void Reader::keep_json(const traffic::Rollout& rollout, const std::string& body) {
  const bool exposed = std::any_of(rollout.components.begin(), rollout.components.end(), policy::is_exposed);
  const std::lock_guard lock(mutex_);
  if (!exposed) {
    bodies_.erase(rollout.target);
    return;
  }
  if (bodies_.size() >= most_bodies) bodies_.clear();
  bodies_[rollout.target] = {rollout.uid, rollout.generation, body};
}

std::string Reader::last_json(const traffic::Rollout& copy) const {
  const std::lock_guard lock(mutex_);
  const auto found = bodies_.find(copy.target);
  const bool same =
      found != bodies_.end() && found->second.uid == copy.uid && found->second.generation == copy.generation;
  return same ? found->second.json : std::string();
}

void Reader::learned(const traffic::Rollout& rollout) {
  store_.put(rollout);
  const std::lock_guard lock(mutex_);
  if (proofs_.size() >= most_proofs) proofs_.clear();
  proofs_[rollout.target] = {rollout.resource_version, clock_.steady()};
}

bool Reader::proven(const Reading& reading) const {
  if (!reading.from_watch) return true;
  const std::lock_guard lock(mutex_);
  const auto proof = proofs_.find(reading.rollout.target);
  return proof != proofs_.end() && proof->second.resource_version == reading.rollout.resource_version &&
         clock_.steady() - proof->second.at < proof_lasts;
}

Result<traffic::RevisionFacts> Reader::revision(const Namespace& ns, const Revision& name, SteadyTime deadline) {
  const auto body = api_.get_revision(ns, name, deadline);
  if (!body) return fail(body.error());
  auto facts = traffic::decode_revision(*body);
  if (!facts) return facts;
  if (facts->name != name) return fail(Error::unavailable("the API server answered " + facts->name.str()));
  const std::lock_guard lock(mutex_);
  if (revisions_.size() >= most_revisions) revisions_.clear();
  revisions_[{ns, name}] = {*facts, clock_.steady()};
  return facts;
}

std::optional<traffic::RevisionFacts> Reader::known_revision(const Namespace& ns, const Revision& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = revisions_.find({ns, name});
  if (found == revisions_.end() || clock_.steady() - found->second.at > revision_lasts) return std::nullopt;
  return found->second.facts;
}

// At the latest: the moment that the watch saw it begin; for a canary that had traffic already when canaryd started,
// the later of the Revision's Ready transition and the percent's time. Without either, now: then only newer alerts
// count.
WallTime Reader::traffic_since(const traffic::Rollout& rollout, const traffic::ComponentRollout& component,
                               SteadyTime deadline) {
  const auto seen = store_.traffic_since(rollout.target, component.latest_ready);
  if (seen && seen->seen_to_begin) return seen->since;
  const auto facts = revision(rollout.target.ns, component.latest_ready, deadline);
  if (facts && facts->ready_since && component.percent_since) {
    return std::max(*facts->ready_since, *component.percent_since);
  }
  return seen ? seen->since : clock_.now();
}

// The moment that the watch saw it begin. For one that stood at 100 before: the percent's time, where that can be only
// the percent's (managedFields keep one time for all that a manager owns), and no later than the first look.
std::optional<WallTime> Reader::full_since(const traffic::Rollout& rollout,
                                           const traffic::ComponentRollout& component) const {
  const auto seen = store_.full_since(rollout.target, component.latest_ready);
  if (seen && seen->seen_to_begin) return seen->since;
  if (!component.percent_since || !component.percent_entry_exclusive) return std::nullopt;
  return seen ? std::min(seen->since, *component.percent_since) : *component.percent_since;
}

bool Reader::looks_exposed(const Target& target) const { return store_.is_exposed(target); }

policy::Circumstances Reader::circumstances(const traffic::Rollout& rollout, bool unattributed, bool stopped,
                                            SteadyTime deadline) {
  policy::Circumstances out;
  out.now = clock_.now();
  out.stopped = stopped;
  for (const auto& component : rollout.components) {
    if (!policy::in_last_stage(component)) continue;
    if (const auto since = full_since(rollout, component)) out.full_since[component.latest_ready] = *since;
  }
  for (const auto& name : policy::revisions_to_ask(rollout)) {
    if (const auto facts = revision(rollout.target.ns, name, deadline)) out.revision_ready[name] = facts->ready;
  }
  if (unattributed) {
    for (const auto& component : rollout.components) {
      if (!policy::is_exposed(component)) continue;
      out.first_traffic[component.latest_ready] = traffic_since(rollout, component, deadline);
    }
  }
  return out;
}

}  // namespace canaryd::engine
