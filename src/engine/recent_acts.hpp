#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::engine {

// Something that was done to one revision, or happened to it. The labels reason, record and manager are exported where
// they are set.
struct RecentAct {
  Target target;
  traffic::Component component = traffic::Component::predictor;
  Revision revision;
  std::optional<std::string> reason;
  std::optional<std::string> record;
  std::optional<std::string> manager;
  WallTime at;
  Uid uid;                      // of the object before it
  std::int64_t generation = 0;  // likewise
  bool marked = false;          // the mark of whoever walks over them; not exported

  bool is_about_same(const RecentAct& other) const {
    return target == other.target && component == other.component && revision == other.revision &&
           reason == other.reason;
  }
};

// The acts of the last hour as one series of their times, for the alerts that tell people. In memory only: the audit
// log is the record, and a rule bridges a restart by what was scraped before. Bounded: of each reason the newest 100
// are kept, and of the same revision the newest one. Safe from any thread.
class RecentActs {
 public:
  RecentActs(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}

  void add(RecentAct act);
  void forget_old(WallTime now);
  // Forgets those that are too old, then shows the others, oldest first. `visit` must not call back into this object.
  void walk(WallTime now, const std::function<void(RecentAct&)>& visit);
  // A copy of those that are not too old, oldest first.
  std::vector<RecentAct> recent(WallTime now) const;

  MetricFamily series(WallTime now) const;

 private:
  const std::string name_;
  const std::string help_;
  mutable std::mutex mutex_;
  std::vector<RecentAct> acts_;  // oldest first
};

}  // namespace canaryd::engine
