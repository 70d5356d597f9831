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

void update_service(const ComponentWish& wish, const std::vector<Share>& targets, KnativeService& knative) {
  if (!admitted(targets)) return;
  const bool new_template = knative.template_text != wish.template_text || knative.revisions.empty();
  if (!new_template && knative.targets == targets) return;
  ++knative.generation;
  knative.targets = targets;
  if (!new_template) return;
  knative.template_text = wish.template_text;
  const std::string name = revision_name(wish.service, knative.revisions.size() + 1);
  knative.revisions.push_back({name, wish.next_ready});
  knative.latest_created = name;
}

// Knative's Configuration: the newest Ready revision, never an older one than it had.
void follow_readiness(KnativeService& knative) {
  for (auto revision = knative.revisions.rbegin(); revision != knative.revisions.rend(); ++revision) {
    if (revision->name == knative.latest_ready) return;
    if (revision->ready) {
      knative.latest_ready = revision->name;
      return;
    }
  }
}

// Knative's Route: nothing moves while any target is missing or not Ready, the canary at 0 too.
void route(KnativeService& knative) {
  std::vector<Share> traffic = knative.targets;
  for (Share& share : traffic) {
    if (share.latest) share.revision = knative.latest_ready;
    const RevisionState* revision = knative.find(share.revision);
    if (revision == nullptr) {
      knative.route_problem = share.latest ? "Configuration has no ready Revision yet."
                                           : "Revision \"" + share.revision + "\" referenced in traffic not found.";
      return;
    }
    if (!revision->ready) {
      knative.route_problem = "Revision \"" + share.revision + "\" failed to become ready.";
      return;
    }
  }
  knative.route_problem.clear();
  knative.traffic = std::move(traffic);
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
      std::find_if(revisions.begin(), revisions.end(), [&](const auto& r) { return r.name == revision; });
  return found == revisions.end() ? nullptr : &*found;
}

void reconcile(const ComponentWish& wish, KnativeService& knative, Rolledout& rolledout) {
  constexpr int rounds = 8;  // two or three are needed; a bound, should the two ever disagree for ever
  for (int round = 0; round < rounds; ++round) {
    const KnativeService before = knative;
    const Rolledout rolledout_before = rolledout;
    update_service(wish, targets_of(wish, rolledout), knative);
    follow_readiness(knative);
    route(knative);
    propagate(knative, rolledout);
    if (knative == before && rolledout == rolledout_before) return;
  }
}

}  // namespace canaryd::sandbox
