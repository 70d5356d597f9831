#include "daemon.hpp"

#include <array>
#include <utility>

#include "canaryd/base/file.hpp"
#include "canaryd/base/random.hpp"
#include "canaryd/base/version.hpp"
#include "engine_settings.hpp"

namespace canaryd::app {

namespace {

// A patch that is on its way is finished; Kubernetes' default grace period is 30 s.
constexpr auto stop_patience = std::chrono::seconds(25);

std::string first_lines(const std::vector<Problem>& problems) {
  std::string out;
  for (const auto& problem : problems) out += (out.empty() ? "" : "\n") + problem.str();
  return out;
}

std::string joined(const std::vector<std::string>& keys) {
  std::string out;
  for (const auto& key : keys) out += (out.empty() ? "" : ", ") + key;
  return out;
}

}  // namespace

Daemon::Daemon(std::string config_file)
    : config_file_(std::move(config_file)),
      config_in_force_(
          metrics_.gauge("canaryd_config_last_reload_successful", "1 unless the newest configuration was refused.")),
      config_refused_(metrics_.counter("canaryd_config_refused_total",
                                       "Changed configurations that were refused; the old one stays.")) {}

Daemon::~Daemon() { stop(); }

Status Daemon::start() {
  struct Step {
    const char* name;
    Status (Daemon::*run)();
  };
  // The audit log before the listeners: a second process on its folder ends here and is never sent an alert.
  constexpr std::array<Step, 7> steps{{{"configuration", &Daemon::read_configuration},
                                       {"audit log", &Daemon::open_audit_log},
                                       {"prometheus", &Daemon::prepare_prometheus},
                                       {"cluster", &Daemon::connect_cluster},
                                       {"audit care", &Daemon::care_for_audit_log},
                                       {"listeners", &Daemon::bind_listeners},
                                       {"start", &Daemon::begin}}};
  for (const auto& step : steps) {
    if (auto done = (this->*step.run)(); !done) {
      done.error().message = std::string(step.name) + ": " + done.error().message;
      return done;
    }
  }
  return {};
}

Status Daemon::read_configuration() {
  const auto text = read_file(config_file_, 1u << 20);
  if (!text) return fail(text.error());
  auto reading = read_config(*text, config_file_);
  if (!reading.problems.empty()) return fail(Error::invalid("\n" + first_lines(reading.problems)));
  config_ = std::move(reading.config);
  config_watcher_.emplace(config_file_, *text);
  logger_ = std::make_unique<Logger>(config_.log.format, config_.log.level);
  return {};
}

void Daemon::tick() {
  server_->refresh();
  static_cast<void>(audit_->check());  // what it finds it logs, and /readyz says
  // The log mends itself at an append, and none may come while the pod is not ready and gets no alerts. On a volume
  // that is almost full there is nothing to mend.
  if (!audit_->writable() && care_->stopped().empty() && ++ticks_unwritable_ % 5 == 0) {
    record_lifecycle("writable", "The audit log can be written again.");
  }
  if (const auto text = config_watcher_->changed()) take(*text);
}

void Daemon::reload() {
  const auto text = read_file(config_file_, 1u << 20);
  if (!text) return refuse(text.error().message);
  config_watcher_->accept(*text);
  take(*text);
}

void Daemon::take(const std::string& text) {
  auto reading = read_config(text, config_file_);
  if (!reading.problems.empty()) return refuse(first_lines(reading.problems));
  if (const auto fixed = needs_restart(config_, reading.config); !fixed.empty()) {
    return refuse("a restart is needed to change " + joined(fixed));
  }
  if (const auto taken = server_->reconfigure(reading.config.server); !taken) return refuse(taken.error().message);
  config_in_force_.set(1);
  if (reading.config.sha256 == config_.sha256) {
    logger_->info("configuration_unchanged", {{"config_sha256", config_.sha256}});
    return;
  }
  config_ = std::move(reading.config);
  logger_->set_level(config_.log.level);
  engine_->replace_rules(engine_rules(config_));
  audit_->replace(config_.audit.redaction);
  care_->reload(config_.audit);
  record_lifecycle("reload", "A new configuration is in force.");
  logger_->info("configuration_reloaded", {{"config_sha256", config_.sha256}});
}

void Daemon::refuse(const std::string& why) {
  config_in_force_.set(0);
  config_refused_.add();
  logger_->error("configuration_refused", {{"why", why}});
}

bool Daemon::record_lifecycle(const std::string& event, const std::string& message) {
  audit::Record record;
  record.kind = audit::Kind::lifecycle;
  record.id = random_id();
  record.event = event;
  record.config_sha256 = config_.sha256;
  record.details = {{"version", std::string(version)}, {"instance", config_.instance}};
  record.message = message;
  const bool recorded = audit_->append(record).has_value();
  if (!recorded) logger_->error("lifecycle_not_recorded", {{"what", event}});
  return recorded;
}

web::AdminReply Daemon::readiness() const {
  std::string reasons;
  const auto full = care_->stopped();
  if (!full.empty() || !audit_->writable()) reasons += "audit log: " + (full.empty() ? "not writable" : full) + "\n";
  if (!watch_->synced()) {
    const std::string why = watch_->last_error();
    reasons += "cluster: the first list is not done" + (why.empty() ? std::string() : ": " + why) + "\n";
  }
  const bool ready = reasons.empty();
  return {ready ? 200 : 503, "text/plain; charset=utf-8", ready ? "ready\n" : reasons};
}

void Daemon::stop() {
  if (server_) server_->stop(std::chrono::duration_cast<std::chrono::milliseconds>(stop_patience));
  if (watch_) watch_->stop();
  if (engine_) engine_->stop();
  refusals_.reset();
  if (std::exchange(running_, false)) {
    record_lifecycle("stop", "canaryd stops in order.");
    care_->stop();
    logger_->info("stopped");
  }
  if (admin_) admin_->stop();
}

}  // namespace canaryd::app
