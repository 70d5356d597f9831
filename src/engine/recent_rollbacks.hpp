#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "intent.hpp"
#include "recent_acts.hpp"

namespace canaryd::engine {

// A canary that is set to 0 and still has traffic, or may have it.
struct PendingRollback {
  Target target;
  traffic::Component component = traffic::Component::predictor;
  Revision revision;
  bool blocked = false;  // Knative moves nothing while a target is not Ready; else it has not got to it yet
  auto operator<=>(const PendingRollback&) const = default;
};

// What this instance rolled back within the last hour and what became of it, for the alerts that tell people: two
// RecentActs. Safe from any thread.
class RecentRollbacks {
 public:
  using Find = std::function<std::optional<traffic::Rollout>(const Target&)>;

  RecentRollbacks();

  // The patch of this intent was applied.
  void add(const Intent& intent, WallTime now);
  // Looks at the copies of what is remembered and notes where someone gave a canary its traffic back.
  void look(const Find& find, WallTime now);

  // Those remembered that are at 0 in spec and that status does not show at 0 with a route that is ready.
  std::vector<PendingRollback> pending(const Find& find, WallTime now) const;
  // canaryd_last_rollback_timestamp_seconds, canaryd_rollback_undone_timestamp_seconds.
  std::vector<MetricFamily> series(WallTime now) const;

 private:
  RecentActs acts_;  // marked: someone undid it
  RecentActs undone_;
};

// The canaries of one rollout that are at 0 in spec and have traffic in status, whoever set them. Pure.
std::vector<PendingRollback> pending_rollbacks(const traffic::Rollout& rollout);

// canaryd_rollback_unconfirmed, one sample for each that is different.
MetricFamily unconfirmed_series(std::vector<PendingRollback> pending);

}  // namespace canaryd::engine
