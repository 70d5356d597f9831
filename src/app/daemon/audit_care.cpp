#include "audit_care.hpp"

#include <chrono>
#include <utility>

#include "engine_settings.hpp"

namespace canaryd::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<engine::Witness> witness_of(const Config& config, const std::string& log_id, kube::KubeApi& api,
                                            const Clock& clock, Logger& logger, Metrics& metrics) {
  if (config.audit.witness.empty()) return nullptr;
  const auto settings = engine_settings(config);
  // The log's id in the key: a new log of this instance does not take the last word of the one before it away.
  return std::make_unique<engine::Witness>(
      engine::WitnessSettings{settings.state_namespace, config.audit.witness, config.instance + "." + log_id,
                              settings.field_manager()},
      api, clock, logger, metrics);
}

audit::CheckpointWitness offer_to(engine::Witness* witness) {
  if (witness == nullptr) return nullptr;
  return [witness](const std::string& note) { witness->offer(note); };
}

}  // namespace

AuditCare::AuditCare(const Config& config, audit::AuditLog& log, audit::Files& files, kube::KubeApi& api,
                     const Clock& clock, Logger& logger, Metrics& metrics)
    : witness_(witness_of(config, log.log_id(), api, clock, logger, metrics)),
      checkpointer_({config.audit.log.directory, config.audit.log.origin, config.audit.key_files}, log, files, clock,
                    logger, metrics, offer_to(witness_.get())),
      housekeeping_(config.audit.log.directory, config.audit.keep, log, files, clock, logger, metrics),
      witnessing_(seconds(1), [this] { witness_->turn(); }),
      checkpoints_(milliseconds(250), [this] { checkpointer_.turn(); }),
      housework_(seconds(1), [this] { housekeeping_.turn(); }) {
  // Before the first alert: a volume that is full already begins nothing.
  housekeeping_.look_at_space();
}

void AuditCare::start() {
  running_ = true;
  if (witness_) witnessing_.start();
  checkpoints_.start();
  housework_.start();
}

void AuditCare::reload(const AuditSettings& settings) {
  checkpointer_.replace_key_files(settings.key_files);
  housekeeping_.replace(settings.keep);
}

void AuditCare::stop() {
  if (!std::exchange(running_, false)) return;
  housekeeping_.stop();
  housework_.stop();
  checkpoints_.stop();
  checkpointer_.stop();
  witnessing_.stop();
  if (witness_) witness_->flush();
}

}  // namespace canaryd::app
