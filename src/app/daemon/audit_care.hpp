#pragma once

#include <memory>
#include <string>

#include "canaryd/app/config.hpp"
#include "canaryd/audit/checkpointer.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/witness.hpp"
#include "canaryd/kube/api.hpp"
#include "turns.hpp"

namespace canaryd::app {

// All that happens to the audit log besides appending: checkpoints, their witness, the closed segments, the room on the
// volume. Each has a thread of its own, so that neither a slow API server nor a large segment delays a checkpoint; no
// alert waits for any of them. start(), reload() and stop() are for one thread.
class AuditCare {
 public:
  AuditCare(const Config& config, audit::AuditLog& log, audit::Files& files, kube::KubeApi& api, const Clock& clock,
            Logger& logger, Metrics& metrics);
  ~AuditCare() { stop(); }
  AuditCare(const AuditCare&) = delete;
  AuditCare& operator=(const AuditCare&) = delete;

  void start();
  void reload(const AuditSettings& settings);
  // Why nothing may begin; empty while there is room. Safe from any thread.
  std::string stopped() const { return housekeeping_.stopped(); }
  // Ends the threads, then signs the last records. To be called when the last record is written.
  void stop();

 private:
  std::unique_ptr<engine::Witness> witness_;  // nullptr: none is configured
  audit::Checkpointer checkpointer_;
  audit::Housekeeping housekeeping_;
  Turns witnessing_;
  Turns checkpoints_;
  Turns housework_;
  bool running_ = false;
};

}  // namespace canaryd::app
