#include <utility>

#include "canaryd/base/version.hpp"
#include "daemon.hpp"
#include "engine_settings.hpp"

// The steps of Daemon::start(), in their order.
namespace canaryd::app {

Status Daemon::open_audit_log() {
  files_ = audit::posix_files();
  auto settings = config_.audit.log;
  settings.keys = audit::public_keys_of(config_.audit.key_files, *files_);
  auto log = audit::AuditLog::open(settings, *files_, clock_, *logger_, metrics_);
  if (!log) return fail(log.error());
  audit_ = std::make_unique<RedactingLog>(std::move(*log), config_.audit.redaction);
  refusals_ = std::make_unique<audit::RefusalSummary>(*audit_, clock_);
  return {};
}

// Connects to nothing: a Prometheus that cannot be reached holds promotions, and no rollback waits for one.
Status Daemon::prepare_prometheus() {
  if (config_.prometheus.url.empty()) return {};
  auto client = prometheus::Client::create(config_.prometheus);
  if (!client) return fail(client.error());
  prometheus_ = std::move(*client);
  return {};
}

Status Daemon::connect_cluster() {
  auto api = kube::connect(config_.cluster);
  if (!api) return fail(api.error());
  api_ = std::move(*api);
  engine_ = std::make_unique<engine::Engine>(engine_settings(config_), engine_rules(config_), *api_, prometheus_.get(),
                                             *audit_, clock_, *logger_, metrics_);
  std::vector<Namespace> scopes = config_.cluster.namespaces;
  if (scopes.empty()) scopes.emplace_back();  // all namespaces, by one watch
  watch_ = std::make_unique<kube::Watch>(*api_, std::move(scopes), engine_->sink(), clock_, *logger_, metrics_);
  return {};
}

Status Daemon::care_for_audit_log() {
  care_ = std::make_unique<AuditCare>(config_, *audit_, *files_, *api_, clock_, *logger_, metrics_);
  return {};
}

Status Daemon::bind_listeners() {
  web::WebHooks hooks;
  hooks.on_notification = [this](alert::Notification notification, const engine::Delivery& delivery) {
    return engine_->receive(std::move(notification), delivery);
  };
  hooks.on_command = [this](const engine::Command& command) { return engine_->execute(command); };
  hooks.on_rollouts = [this](const std::vector<Namespace>& namespaces) { return engine_->rollouts(namespaces); };
  hooks.on_audit = audit::page_reader(config_.audit.log.directory, *files_, clock_, audit_->log_id());
  hooks.on_refused = [this](const std::string& reason, const std::string& peer) { refusals_->note(reason, peer); };
  auto server = web::Server::create(config_.server, std::move(hooks), clock_, *logger_, metrics_);
  if (!server) return fail(server.error());
  server_ = std::move(*server);

  web::AdminServer::Routes routes;
  routes.healthz = [] { return web::AdminReply{200, "text/plain; charset=utf-8", "ok\n"}; };
  routes.readyz = [this] { return readiness(); };
  routes.metrics = [this] { return web::AdminReply{200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text()}; };
  auto admin = web::AdminServer::create(config_.admin, std::move(routes), clock_, *logger_, metrics_);
  if (!admin) return fail(admin.error());
  admin_ = std::move(*admin);
  return {};
}

Status Daemon::begin() {
  running_ = true;
  if (!record_lifecycle("start", "canaryd " + std::string(version) + " started as " + config_.instance + ".")) {
    return fail(Error::io("the first record could not be written"));
  }
  // Before the threads, so that it is the first line: what follows cannot fail, and both ports accept already.
  logger_->info("started", {{"version", version},
                            {"instance", config_.instance},
                            {"webhook_port", server_->port()},
                            {"admin_port", admin_->port()},
                            {"audit_log", audit_->log_id()},
                            {"config_sha256", config_.sha256}});
  care_->start();
  engine_->start([this] { return watch_->fresh(); });
  watch_->start();
  server_->start();
  admin_->start();
  metrics_.gauge("canaryd_build_info", "The version of this build.", {{"version", std::string(version)}}).set(1);
  config_in_force_.set(1);
  return {};
}

}  // namespace canaryd::app
