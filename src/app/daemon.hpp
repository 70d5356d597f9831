#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "audit_care.hpp"
#include "canaryd/app/config.hpp"
#include "canaryd/app/config_watcher.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/audit/refusals.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/engine.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/kube/watch.hpp"
#include "canaryd/prometheus/client.hpp"
#include "canaryd/web/server.hpp"
#include "redacting_log.hpp"

namespace canaryd::app {

// All parts of `canaryd serve`, started in order by named steps and stopped in the reverse one. One thread's.
class Daemon {
 public:
  explicit Daemon(std::string config_file);
  ~Daemon();  // stops
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Runs the steps; the error of the first that fails, with its name in front.
  Status start();
  // To be called about once a second: certificates, tokens, a changed configuration file.
  void tick();
  // Reads the configuration again, on SIGHUP too. A bad one is refused as a whole and the old one stays in force.
  void reload();
  // What /readyz says: 200, or 503 with the reasons, a line each.
  web::AdminReply readiness() const;
  void stop();

 private:
  Status read_configuration();
  Status open_audit_log();
  Status prepare_prometheus();
  Status connect_cluster();
  Status care_for_audit_log();
  Status bind_listeners();
  Status begin();

  void take(const std::string& text);
  void refuse(const std::string& why);
  bool record_lifecycle(const std::string& event, const std::string& message);

  const std::string config_file_;
  Config config_;
  std::optional<ConfigWatcher> config_watcher_;
  SystemClock clock_;
  Metrics metrics_;
  Gauge config_in_force_;
  Counter config_refused_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<audit::Files> files_;
  std::unique_ptr<RedactingLog> audit_;
  std::unique_ptr<audit::RefusalSummary> refusals_;
  std::unique_ptr<prometheus::Client> prometheus_;  // nullptr: none is configured
  std::unique_ptr<kube::KubeApi> api_;
  std::unique_ptr<AuditCare> care_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<kube::Watch> watch_;
  std::unique_ptr<web::Server> server_;
  std::unique_ptr<web::AdminServer> admin_;
  bool running_ = false;
  int ticks_unwritable_ = 0;
};

}  // namespace canaryd::app
