#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/web/server.hpp"
#include "certificates.hpp"
#include "client.hpp"
#include "web/timing.hpp"

namespace canaryd::web::test {

inline const std::string token = "correct-horse-battery-staple";

// A notification that Alertmanager could have sent.
std::string notification_body();
// A POST of it to the webhook, with the token; `extra` are header lines with their CRLF.
std::string honest_request(const std::string& extra = "", const std::string& target = "/webhooks/alertmanager");
// A POST with headers and body as given.
std::string post(const std::string& headers, const std::string& body,
                 const std::string& target = "/webhooks/alertmanager");

// The system's time, moved.
class MovedClock final : public Clock {
 public:
  WallTime now() const override { return system_.now() + ahead.load(); }
  SteadyTime steady() const override { return system_.steady(); }
  std::atomic<std::chrono::hours> ahead{std::chrono::hours(0)};

 private:
  SystemClock system_;
};

// The guarded server in this process, with what its hooks heard.
class RunningServer {
 public:
  // The settings begin with one token client of role alert and a serving certificate; `change` alters them.
  explicit RunningServer(const std::function<void(ServerSettings&)>& change = {}, const Timing& timing = {});
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  int port() const { return server->port(); }
  // Whether a fresh honest client is served.
  bool serves_honest_client(const std::string& source = "127.0.0.1");
  std::vector<std::string> refusals();          // reasons, so far
  bool refused_for(const std::string& reason);  // waits a little for it
  std::vector<engine::Delivery> deliveries();
  void answer_with(engine::NotificationHandler handler);
  std::vector<engine::Command> commands();
  void answer_commands_with(engine::CommandHandler handler);
  std::vector<std::vector<Namespace>> lists();  // the namespaces of each list that was asked for
  void list_with(std::vector<engine::RolloutRow> rollouts);
  std::vector<audit::PageRequest> audit_requests();
  void answer_audit_with(Result<audit::Page> page);  // an empty page before

  TempFolder folder;
  Authority authority{"serving CA"};
  Authority client_authority{"client CA"};
  Metrics metrics;
  MovedClock clock;
  ServerSettings settings;
  std::unique_ptr<Server> server;

 private:
  Logger log_{LogFormat::logfmt, LogLevel::error};
  std::mutex mutex_;
  std::vector<std::string> refusals_;
  std::vector<engine::Delivery> deliveries_;
  engine::NotificationHandler handler_;
  std::vector<engine::Command> commands_;
  engine::CommandHandler command_handler_;
  std::vector<std::vector<Namespace>> lists_;
  std::vector<engine::RolloutRow> rollouts_;
  std::vector<audit::PageRequest> audit_requests_;
  Result<audit::Page> audit_page_;
};

}  // namespace canaryd::web::test
