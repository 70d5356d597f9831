#pragma once

#include <mutex>
#include <string>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "space.hpp"
#include "trouble.hpp"

namespace canaryd::audit {

// Watches the room on a log's volume: says and records each change of the step, and stops what begins something at the
// last one. One thread looks; stopped() is safe from any.
class SpaceWatch {
 public:
  SpaceWatch(std::string directory, AuditLog& log, Files& files, Logger& logger, Metrics& metrics);

  // True when a worse step was entered. A volume that cannot be asked changes nothing.
  bool look(const KeepSettings& settings);
  SpaceStep step() const { return step_; }
  std::string stopped() const;  // why nothing may begin; empty while it may

 private:
  void enter(SpaceStep next, const Space& space, std::uint64_t limit);

  const std::string directory_;
  AuditLog& log_;
  Files& files_;
  Logger& logger_;
  Trouble trouble_;
  Gauge available_;
  Gauge step_gauge_;
  SpaceStep step_ = SpaceStep::enough;
  mutable std::mutex mutex_;
  std::string stopped_;  // guarded by mutex_
};

}  // namespace canaryd::audit
