#include "reconcile.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace canaryd::sandbox {

namespace {

// KServe: the traffic block it writes into the Knative Service.
std::vector<Share> targets_of(const ComponentWish& wish, const Rolledout& rolledout) {
  Share latest{"", 100, wish.tag_routing ? "latest" : "", true};
  if (!wish.percent || rolledout.latest.empty()) return {latest};
  latest.percent = *wish.percent;
  if (*wish.percent >= 100) return {latest};
  return {latest, Share{rolledout.latest, 100 - *wish.percent, "prev", false}};
}

// Knative's admission: each share within 0..100 and their sum 100; else the whole update of the Service is refused.
bool admitted(const std::vector<Share>& targets) {
  const bool in_range =
      std::all_of(targets.begin(), targets.end(), [](const Share& s) { return s.percent >= 0 && s.percent <= 100; });
  const auto sum = std::accumulate(targets.begin(), targets.end(), std::int64_t{0},
                                   [](std::int64_t total, const Share& s) { return total + s.percent; });
  return in_range && sum == 100;
}

std::string revision_name(const std::string& service, std::size_t number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "-%05zu", number);
  return service + digits;
}

// The newest revision is made again under its name when someone deletes it; an older one stays missing.
void restore_newest(const ComponentWish& wish, KnativeService& knative) {
  if (knative.revisions.empty() || !knative.revisions.back().deleted) return;
  knative.revisions.back() = {knative.revisions.back().name, wish.next, false};
}

void update_service(const ComponentWish& wish, const std::vector<Share>& targets, KnativeService& knative) {
  if (!admitted(targets)) return;
  const bool new_template = knative.template_text != wish.template_text || knative.revisions.empty();
  if (!new_template && knative.targets == targets) return;
  ++knative.generation;
  knative.targets = targets;
  if (!new_template) return;
  knative.template_text = wish.template_text;
  const std::string name = revision_name(wish.service, knative.revisions.size() + 1);
  knative.revisions.push_back({name, wish.next, false});
  knative.latest_created = name;
}

// Knative's Configuration: the newest Ready revision, and an older one than it had only when that one was deleted.
void follow_readiness(KnativeService& knative) {
  for (auto revision = knative.revisions.rbegin(); revision != knative.revisions.rend(); ++revision) {
    if (revision->deleted) continue;
    if (revision->name == knative.latest_ready) return;
    if (revision->health.ready == Truth::yes) {
      knative.latest_ready = revision->name;
      return;
    }
  }
}

// Why a target cannot be routed, and whether that is a failure; an empty text: it can.
struct TargetProblem {
  std::string text;
  bool failed = false;
};

TargetProblem problem_of(const Share& target, const std::string& configuration, const KnativeService& knative) {
  if (target.revision.empty()) {
    const RevisionState* created = knative.find(knative.latest_created);
    const bool failed = created != nullptr && created->health.ready == Truth::no;
    return {"Configuration \"" + configuration + "\" " +
                (failed ? "does not have any ready Revision." : "is waiting for a Revision to become ready."),
            failed};
  }
  const std::string name = "Revision \"" + target.revision + "\" ";
  const RevisionState* revision = knative.find(target.revision);
  if (revision == nullptr) return {name + "referenced in traffic not found.", true};
  if (revision->health.ready == Truth::no) return {name + "failed to become ready.", true};
  if (revision->health.ready == Truth::unknown) return {name + "is not yet ready.", false};
  return {};
}

// Knative's Route: nothing moves while any target is missing or not Ready, the canary at 0 too. A failure is told
// before a wait.
void route(const ComponentWish& wish, KnativeService& knative) {
  std::vector<Share> traffic = knative.targets;
  knative.route_problem.clear();
  knative.route_failed = false;
  for (Share& share : traffic) {
    if (share.latest) share.revision = knative.latest_ready;
    const TargetProblem problem = problem_of(share, wish.service, knative);
    if (problem.text.empty() || (!knative.route_problem.empty() && !problem.failed)) continue;
    knative.route_problem = problem.text;
    knative.route_failed = problem.failed;
  }
  if (knative.route_problem.empty()) knative.traffic = std::move(traffic);
}

// KServe: what counts as rolled out. The last branch is the one that makes 0 without a canary in flight roll the STABLE
// revision back to the previous one.
void propagate(const KnativeService& knative, Rolledout& rolledout) {
  for (const Share& share : knative.traffic) {
    if (!share.latest) continue;
    if (rolledout.latest != knative.latest_ready) {
      if (share.percent != 100) continue;
      rolledout.previous = rolledout.latest;
      rolledout.latest = knative.latest_ready;
      continue;
    }
    if (knative.latest_ready != knative.latest_created || share.percent >= 100) continue;
    std::int64_t of_the_same = 0;
    for (const Share& other : knative.traffic) {
      if (other.revision == share.revision) of_the_same += other.percent;
    }
    if (of_the_same == 100 && !rolledout.previous.empty()) rolledout.latest = rolledout.previous;
  }
}

}  // namespace

const RevisionState* KnativeService::find(const std::string& revision) const {
  const auto found =
      std::find_if(revisions.begin(), revisions.end(), [&](const auto& r) { return r.name == revision && !r.deleted; });
  return found == revisions.end() ? nullptr : &*found;
}

Health health_of(Truth ready) {
  if (ready == Truth::no) return {ready, "ExitCode137", "Container failed with: OOMKilled"};
  if (ready == Truth::unknown) return {ready, "Deploying", ""};
  return {};
}

void reconcile(const ComponentWish& wish, KnativeService& knative, Rolledout& rolledout) {
  constexpr int rounds = 8;  // two or three are needed; a bound, should the two ever disagree for ever
  for (int round = 0; round < rounds; ++round) {
    const KnativeService before = knative;
    const Rolledout rolledout_before = rolledout;
    restore_newest(wish, knative);
    update_service(wish, targets_of(wish, rolledout), knative);
    follow_readiness(knative);
    route(wish, knative);
    propagate(knative, rolledout);
    if (knative == before && rolledout == rolledout_before) return;
  }
}

}  // namespace canaryd::sandbox
