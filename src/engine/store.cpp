#include "canaryd/engine/store.hpp"

#include <algorithm>
#include <charconv>

#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/decode.hpp"

namespace canaryd::engine {

namespace {

// resourceVersions are opaque, but those of one resource that are numbers are ordered (Kubernetes KEP-5504, and etcd's
// revisions ever since). Anything else counts as newer: the watch's order decides.
bool is_older(const std::string& candidate, const std::string& held) {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  const auto read = [](const std::string& text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  return read(candidate, a) && read(held, b) && a < b;
}

bool any_exposed(const traffic::Rollout& rollout) {
  return std::any_of(rollout.components.begin(), rollout.components.end(), policy::is_exposed);
}

}  // namespace

RolloutStore::RolloutStore(const Clock& clock, Logger& log, OnChange on_change)
    : clock_(clock), log_(log), on_change_(std::move(on_change)) {}

std::optional<traffic::Rollout> RolloutStore::find(const Target& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(target);
  if (found == entries_.end()) return std::nullopt;
  return found->second.rollout;
}

std::optional<TrafficSince> RolloutStore::traffic_since(const Target& target, const Revision& revision) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(target);
  if (entry == entries_.end()) return std::nullopt;
  const auto found = entry->second.traffic.find(revision);
  if (found == entry->second.traffic.end()) return std::nullopt;
  return found->second;
}

std::vector<traffic::Rollout> RolloutStore::exposed() const {
  std::vector<traffic::Rollout> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [target, entry] : entries_) {
    if (any_exposed(entry.rollout)) out.push_back(entry.rollout);
  }
  return out;
}

std::size_t RolloutStore::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void RolloutStore::put(traffic::Rollout rollout) { take(std::move(rollout), false); }

void RolloutStore::list_began(const Namespace& scope) {
  const std::lock_guard lock(mutex_);
  lists_[scope] = ++list_number_;
}

Result<kube::PageMark> RolloutStore::page(const Namespace&, std::string_view body) {
  auto page = traffic::decode_page(body);
  if (!page) return fail(page.error());
  for (const auto& skipped : page->skipped) log_.warn("object_skipped", {{"why", skipped}});
  for (auto& rollout : page->rollouts) take(std::move(rollout), true);
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
  for (const auto& target : gone) on_change_(target, true);
}

Result<kube::EventMark> RolloutStore::event(const Namespace&, std::string_view line) {
  auto event = traffic::decode_event(line);
  if (!event) return fail(event.error());
  switch (event->kind) {
    case traffic::EventKind::changed:
      take(std::move(event->rollout), false);
      break;
    case traffic::EventKind::deleted:
      forget(event->rollout.target);
      break;
    case traffic::EventKind::skipped:
      // A copy that is known to be old is worse than none: without one the object is read fresh.
      log_.warn("object_skipped", {{"why", event->message}});
      if (!event->rollout.target.name.empty()) forget(event->rollout.target);
      break;
    case traffic::EventKind::bookmark:
    case traffic::EventKind::error:
      break;
  }
  return kube::EventMark{event->resource_version, event->error_code};
}

void RolloutStore::take(traffic::Rollout rollout, bool from_list) {
  const Target target = rollout.target;
  bool exposed = any_exposed(rollout);
  {
    const std::lock_guard lock(mutex_);
    auto [position, is_new] = entries_.try_emplace(target);
    Entry& entry = position->second;
    // Every version that is seen makes the entry survive the list that is running: it may be newer than the list.
    entry.listed = list_number_;
    const bool same_object = !is_new && entry.rollout.uid == rollout.uid;
    if (same_object && !from_list && is_older(rollout.resource_version, entry.rollout.resource_version)) return;
    if (!same_object) entry.traffic.clear();
    exposed = exposed || any_exposed(entry.rollout);
    const bool first_look = is_new && from_list;
    entry.rollout = std::move(rollout);
    note_traffic(entry, clock_.now(), first_look);
  }
  on_change_(target, exposed);
}

void RolloutStore::note_traffic(Entry& entry, WallTime now, bool first_look) {
  std::map<Revision, TrafficSince> current;
  for (const auto& component : entry.rollout.components) {
    if (!policy::is_exposed(component) || component.share_of(component.latest_ready) <= 0) continue;
    const auto known = entry.traffic.find(component.latest_ready);
    current[component.latest_ready] = known != entry.traffic.end() ? known->second : TrafficSince{now, !first_look};
  }
  entry.traffic = std::move(current);
}

void RolloutStore::forget(const Target& target) {
  {
    const std::lock_guard lock(mutex_);
    entries_.erase(target);
  }
  on_change_(target, true);
}

}  // namespace canaryd::engine
