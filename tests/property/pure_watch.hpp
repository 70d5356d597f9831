#pragma once

#include <map>
#include <optional>
#include <string>

#include "canaryd/traffic/rollout.hpp"
#include "model_cluster.hpp"

namespace canaryd::property {

// Since when the status has shown what it shows. By steady time: a wall clock may be put right meanwhile.
class PureWatch {
 public:
  PureWatch(const ManualClock& clock, const ModelCluster& cluster) : clock_(clock), cluster_(cluster) {}

  void see();
  void forget() { seen_.clear(); }
  // This revision at this share; in its last stage. By canaryd's wall clock.
  std::optional<WallTime> share_since(const std::string& service, const traffic::ComponentRollout& canary) const;
  std::optional<WallTime> full_since(const std::string& service, const traffic::ComponentRollout& canary) const;

 private:
  struct Seen {
    std::string revision;
    int share = -1;
    SteadyTime since;
    std::optional<SteadyTime> full_since;
  };
  const Seen* find(const std::string& service, const traffic::ComponentRollout& canary) const;
  WallTime wall(SteadyTime since) const;

  const ManualClock& clock_;
  const ModelCluster& cluster_;
  std::map<std::string, Seen> seen_;  // by service/component
};

}  // namespace canaryd::property
