#include "store.hpp"

#include <algorithm>

#include "canaryd/base/number.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/decode.hpp"

namespace canaryd::engine {

namespace {

// resourceVersions are opaque, but those of one resource that are numbers are ordered (Kubernetes KEP-5504, and etcd's
// revisions ever since). Anything else counts as newer: the watch's order decides.
bool is_older(const std::string& candidate, const std::string& held) {
  const auto a = number_from<std::uint64_t>(candidate);
  const auto b = number_from<std::uint64_t>(held);
  return a && b && *a < *b;
}

// Other revisions, percents, owners or shares than before: what an observer wants to see both versions of.
bool moved(const traffic::Rollout& before, const traffic::Rollout& after) {
  return !std::equal(
      before.components.begin(), before.components.end(), after.components.begin(), after.components.end(),
      [](const traffic::ComponentRollout& a, const traffic::ComponentRollout& b) {
        return a.component == b.component && a.latest_created == b.latest_created && a.latest_ready == b.latest_ready &&
               a.latest_rolledout == b.latest_rolledout && a.previous_rolledout == b.previous_rolledout &&
               a.raw_percent == b.raw_percent && a.percent_manager == b.percent_manager && a.traffic == b.traffic;
      });
}

bool any_exposed(const traffic::Rollout& rollout) {
  return std::any_of(rollout.components.begin(), rollout.components.end(), policy::is_exposed);
}

}  // namespace

RolloutStore::RolloutStore(const Clock& clock, Logger& log, OnChange on_change)
    : clock_(clock), log_(log), on_change_(std::move(on_change)) {}

WallTime RolloutStore::wall(SteadyTime at) const {
  return clock_.now() - std::chrono::duration_cast<WallTime::duration>(clock_.steady() - at);
}

std::optional<TrafficSince> RolloutStore::find_since(const std::map<Revision, Since>& since,
                                                     const Revision& revision) const {
  const auto found = since.find(revision);
  if (found == since.end()) return std::nullopt;
  return TrafficSince{wall(found->second.at), found->second.seen_to_begin};
}

std::optional<traffic::Rollout> RolloutStore::find(const Target& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(target);
  if (found == entries_.end()) return std::nullopt;
  return found->second.rollout;
}

bool RolloutStore::is_exposed(const Target& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(target);
  return found != entries_.end() && any_exposed(found->second.rollout);
}

std::optional<TrafficSince> RolloutStore::traffic_since(const Target& target, const Revision& revision) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(target);
  return entry == entries_.end() ? std::nullopt : find_since(entry->second.traffic, revision);
}

std::optional<TrafficSince> RolloutStore::full_since(const Target& target, const Revision& revision) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(target);
  return entry == entries_.end() ? std::nullopt : find_since(entry->second.full, revision);
}

std::optional<WallTime> RolloutStore::share_since(const Target& target, traffic::Component component,
                                                  const Revision& revision, int percent) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(target);
  if (entry == entries_.end()) return std::nullopt;
  const auto share = entry->second.shares.find(component);
  if (share == entry->second.shares.end()) return std::nullopt;
  if (share->second.revision != revision || share->second.percent != percent) return std::nullopt;
  return wall(share->second.since);
}

std::vector<traffic::Rollout> RolloutStore::those(bool (*wanted)(const traffic::ComponentRollout&)) const {
  std::vector<traffic::Rollout> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [target, entry] : entries_) {
    const auto& components = entry.rollout.components;
    if (std::any_of(components.begin(), components.end(), wanted)) out.push_back(entry.rollout);
  }
  return out;
}

std::vector<traffic::Rollout> RolloutStore::exposed() const { return those(policy::is_exposed); }

std::vector<traffic::Rollout> RolloutStore::in_flight() const { return those(policy::has_canary); }

std::size_t RolloutStore::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void RolloutStore::put(traffic::Rollout rollout) { take(std::move(rollout), Source::read); }

void RolloutStore::list_began(const Namespace& scope) {
  const std::lock_guard lock(mutex_);
  lists_[scope] = ++list_number_;
}

Result<kube::PageMark> RolloutStore::page(const Namespace&, std::string_view body) {
  auto page = traffic::decode_page(body);
  if (!page) return fail(page.error());
  for (const auto& why : page->skipped) skipped(why);
  for (auto& rollout : page->rollouts) take(std::move(rollout), Source::list);
  return kube::PageMark{page->resource_version, page->continue_token};
}

void RolloutStore::list_done(const Namespace& scope) {
  std::vector<Target> gone;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = lists_[scope];
    std::erase_if(entries_, [&](const auto& item) {
      const bool in_scope = scope.empty() || item.first.ns == scope;
      const bool is_gone = in_scope && item.second.listed < number;
      if (is_gone) gone.push_back(item.first);
      return is_gone;
    });
  }
  for (const auto& target : gone) on_change_(target, true, nullptr);
}

Result<kube::EventMark> RolloutStore::event(const Namespace&, std::string_view line) {
  auto event = traffic::decode_event(line);
  if (!event) return fail(event.error());
  switch (event->kind) {
    case traffic::EventKind::changed:
      take(std::move(event->rollout), Source::event);
      break;
    case traffic::EventKind::deleted:
      deleted(event->rollout.target, event->resource_version);
      break;
    case traffic::EventKind::skipped:
      skipped(event->message);
      drop(event->rollout.target);
      break;
    case traffic::EventKind::bookmark:
    case traffic::EventKind::error:
      break;
  }
  return kube::EventMark{event->resource_version, event->error_code};
}

void RolloutStore::skipped(const std::string& why) {
  if (skipped_.is_new(why)) log_.warn("object_skipped", {{"why", why}});
}

void RolloutStore::take(traffic::Rollout rollout, Source source) {
  const Target target = rollout.target;
  bool exposed = any_exposed(rollout);
  std::optional<traffic::Rollout> before;
  {
    const std::lock_guard lock(mutex_);
    const bool unknown = !entries_.contains(target);
    if (source == Source::read && unknown && is_older(rollout.resource_version, last_deletion_)) return;
    auto [position, is_new] = entries_.try_emplace(target);
    Entry& entry = position->second;
    // Every version that is seen makes the entry survive the list that is running: it may be newer than the list.
    entry.listed = list_number_;
    // A page of a running list, too, may be older than what a patch's answer brought.
    if (!is_new && is_older(rollout.resource_version, entry.rollout.resource_version)) return;
    const bool same_object = !is_new && entry.rollout.uid == rollout.uid;
    // Nothing new: a fresh read of what the watch has brought already.
    if (same_object && entry.rollout.resource_version == rollout.resource_version) return;
    if (!same_object) {
      entry.traffic.clear();
      entry.full.clear();
      entry.shares.clear();
    }
    exposed = exposed || any_exposed(entry.rollout);
    if (same_object && moved(entry.rollout, rollout)) before = std::move(entry.rollout);
    entry.rollout = std::move(rollout);
    // Only the watch's events show how a canary's traffic begins; in a list or a read it may have begun long ago.
    note_traffic(entry, clock_.steady(), source == Source::event);
    note_shares(entry, clock_.steady());
  }
  on_change_(target, exposed, before ? &*before : nullptr);
}

void RolloutStore::note_traffic(Entry& entry, SteadyTime now, bool seen_to_begin) {
  std::map<Revision, Since> traffic;
  std::map<Revision, Since> full;
  // Keeps what was known of a revision, else begins now.
  const auto carry = [&](const std::map<Revision, Since>& known, const Revision& revision,
                         std::map<Revision, Since>& current) {
    const auto found = known.find(revision);
    current[revision] = found == known.end() ? Since{now, seen_to_begin} : found->second;
  };
  for (const auto& c : entry.rollout.components) {
    if (policy::is_exposed(c) && c.share_of(c.latest_ready) > 0) carry(entry.traffic, c.latest_ready, traffic);
    if (policy::in_last_stage(c)) carry(entry.full, c.latest_ready, full);
  }
  entry.traffic = std::move(traffic);
  entry.full = std::move(full);
}

void RolloutStore::note_shares(Entry& entry, SteadyTime now) {
  for (const auto& c : entry.rollout.components) {
    const int percent = c.share_of(c.latest_ready);
    auto& share = entry.shares[c.component];
    if (share.revision != c.latest_ready || share.percent != percent) share = {c.latest_ready, percent, now};
  }
}

// A copy that is known to be old is worse than none: without one the object is read fresh. It is not gone, so nobody is
// told.
void RolloutStore::drop(const Target& target) {
  const std::lock_guard lock(mutex_);
  entries_.erase(target);
}

// The object of the event bears the version of its deletion (Kubernetes API concepts, "watch"). A read that was on its
// way would put the object back until the next list.
void RolloutStore::deleted(const Target& target, const std::string& version) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_older(version, last_deletion_)) last_deletion_ = version;
  }
  forget(target);
}

void RolloutStore::forget(const Target& target) {
  {
    const std::lock_guard lock(mutex_);
    entries_.erase(target);
  }
  on_change_(target, true, nullptr);
}

}  // namespace canaryd::engine
