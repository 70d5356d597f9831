#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "canaryd/audit/query_pages.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/command.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/web/settings.hpp"

namespace canaryd::web {

// What the HTTPS listener calls.
struct WebHooks {
  engine::NotificationHandler on_notification;
  // A request that was refused before it was authenticated, or as malformed or forbidden: a reason code and the peer's
  // address without port. Must not block.
  std::function<void(const std::string& reason, const std::string& peer)> on_refused;
  engine::CommandHandler on_command;    // the API's POSTs
  engine::RolloutsHandler on_rollouts;  // GET /api/v1/rollouts
  audit::PageReader on_audit;           // GET /api/v1/audit
};

// The guarded HTTPS listener: POST /webhooks/alertmanager and the API (docs/api.md) behind TLS, authentication, and
// limits (docs/architecture.md tells each; facts of cpp-httplib 0.11 made them necessary). Certificates, tokens and the
// client lists are swapped while it runs.
class Server {
 public:
  // Binds and loads the certificates. Errors: `invalid` (certificate, key, CA, with file; no client that could
  // be admitted, with the token files), `io` (bind).
  static Result<std::unique_ptr<Server>> create(const ServerSettings& settings, WebHooks hooks, const Clock& clock,
                                                Logger& log, Metrics& metrics);
  virtual ~Server() = default;

  virtual int port() const = 0;
  virtual void start() = 0;  // serves from threads of its own
  // Stops accepting, lets running requests end (until `patience`), closes the rest. Returns when no thread is left.
  virtual void stop(std::chrono::milliseconds patience) = 0;
  // Takes new clients, tokens and certificate files; the listen address and max_connections stay. Whole or not at all.
  // A certificate that has expired or is not valid yet is refused here, and at create() only logged.
  virtual Status reconfigure(const ServerSettings& settings) = 0;
  // Looks whether certificate or token files changed and swaps them in; called by the owner every few seconds. A bad
  // new pair (one that does not belong together, has expired or is not valid yet) is logged and the old one stays.
  // Returns the serving certificate's end in `certificate_not_after`'s gauge.
  virtual void refresh() = 0;
};

// One admin answer.
struct AdminReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// The plain admin listener: GET /healthz, /readyz, /metrics, from threads of its own, so that a full pool of the other
// cannot starve a probe; the same budgets and deadlines, without TLS or authentication.
class AdminServer {
 public:
  struct Routes {
    std::function<AdminReply()> healthz;
    std::function<AdminReply()> readyz;
    std::function<AdminReply()> metrics;
  };
  static Result<std::unique_ptr<AdminServer>> create(const AdminSettings& settings, Routes routes, const Clock& clock,
                                                     Logger& log, Metrics& metrics);
  virtual ~AdminServer() = default;
  virtual int port() const = 0;
  virtual void start() = 0;
  virtual void stop() = 0;
};

}  // namespace canaryd::web
