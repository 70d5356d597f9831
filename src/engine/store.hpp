#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/kube/watch.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "said_once.hpp"

namespace canaryd::engine {

// Since when a canary has had traffic, as far as the watch saw it.
struct TrafficSince {
  WallTime since;
  bool seen_to_begin = false;  // false: it had traffic already when the watch first saw it
};

// The watch's copies of all InferenceServices in scope: the decoded Rollouts, about 1 kB each. Safe from any thread.
class RolloutStore final : public kube::ObjectSink {
 public:
  // `on_change` is called after each change of a copy, from the watch's threads, without a lock held; it must not
  // block. `exposed`: a canary has or may get traffic, before the change or after it. `before` is the copy until now,
  // when it was of the same object and had other revisions or percents; else nullptr.
  using OnChange = std::function<void(const Target& target, bool exposed, const traffic::Rollout* before)>;
  RolloutStore(const Clock& clock, Logger& log, OnChange on_change);

  std::optional<traffic::Rollout> find(const Target& target) const;
  // Whether the copy has a canary that has or may get traffic; without copying it.
  bool is_exposed(const Target& target) const;
  std::optional<TrafficSince> traffic_since(const Target& target, const Revision& revision) const;
  // Likewise, since when a revision has stood in its last stage.
  std::optional<TrafficSince> full_since(const Target& target, const Revision& revision) const;
  // Since when status shows this revision at this share, as far as it was seen: after a start, from the first look on.
  std::optional<WallTime> share_since(const Target& target, traffic::Component component, const Revision& revision,
                                      int percent) const;
  std::vector<traffic::Rollout> exposed() const;    // those with a canary that has or may get traffic
  std::vector<traffic::Rollout> in_flight() const;  // likewise, and those whose canary is at 0
  std::size_t size() const;
  // Takes a newer version that did not come by the watch: a patch's answer, a fresh read. An older one is ignored, and
  // one of an unknown object from before the last deletion, which may have been this object's.
  void put(traffic::Rollout rollout);
  // A fresh read found nothing there.
  void forget(const Target& target);

  void list_began(const Namespace& scope) override;
  Result<kube::PageMark> page(const Namespace& scope, std::string_view body) override;
  void list_done(const Namespace& scope) override;
  Result<kube::EventMark> event(const Namespace& scope, std::string_view line) override;

 private:
  // Kept by the steady clock: a wall clock that jumps neither serves a dwell nor takes it away.
  struct Since {
    SteadyTime at;
    bool seen_to_begin = false;
  };
  struct Share {
    Revision revision;
    int percent = 0;
    SteadyTime since;
  };
  struct Entry {
    traffic::Rollout rollout;
    std::uint64_t listed = 0;           // number of the list that last named it
    std::map<Revision, Since> traffic;  // of the revisions that are canaries with traffic now
    std::map<Revision, Since> full;     // of those in their last stage now
    std::map<traffic::Component, Share> shares;
  };
  enum class Source : std::uint8_t { list, event, read };
  void take(traffic::Rollout rollout, Source source);
  void deleted(const Target& target, const std::string& version);
  void drop(const Target& target);
  void skipped(const std::string& why);
  static void note_traffic(Entry& entry, SteadyTime now, bool seen_to_begin);
  static void note_shares(Entry& entry, SteadyTime now);
  WallTime wall(SteadyTime at) const;
  std::optional<TrafficSince> find_since(const std::map<Revision, Since>& since, const Revision& revision) const;
  std::vector<traffic::Rollout> those(bool (*wanted)(const traffic::ComponentRollout&)) const;

  const Clock& clock_;
  Logger& log_;
  const OnChange on_change_;
  SaidOnce skipped_;  // objects that cannot be read, and why: each of their events would say so
  mutable std::mutex mutex_;
  std::unordered_map<Target, Entry> entries_;
  std::map<Namespace, std::uint64_t> lists_;  // running number of each scope's list
  std::uint64_t list_number_ = 0;
  std::string last_deletion_;  // resourceVersion of the newest deletion that the watch told
};

}  // namespace canaryd::engine
