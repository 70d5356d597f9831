#include "fixture.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "web/guarded_server.hpp"

namespace canaryd::web::test {

std::string notification_body() {
  return R"({"version":"4","groupKey":"{}:{alertname=\"CanaryFailing\"}","truncatedAlerts":0,"status":"firing",)"
         R"("receiver":"canaryd","groupLabels":{"alertname":"CanaryFailing"},"commonLabels":{},"commonAnnotations":{},)"
         R"("externalURL":"http://am:9093","alerts":[{"status":"firing","labels":{"alertname":"CanaryFailing",)"
         R"("namespace":"ml","inferenceservice":"iris"},"annotations":{},"startsAt":"2026-08-01T12:00:00Z",)"
         R"("endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"0123456789abcdef"}]})";
}

std::string post(const std::string& headers, const std::string& body, const std::string& target) {
  return "POST " + target + " HTTP/1.1\r\nHost: canaryd\r\n" + headers + "\r\n" + body;
}

std::string honest_request(const std::string& extra, const std::string& target) {
  const std::string body = notification_body();
  return post("Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n" + extra,
              body, target);
}

RunningServer::RunningServer(const std::function<void(ServerSettings&)>& change, const Timing& timing) {
  const Issued serving = authority.issue("DNS:localhost,IP:127.0.0.1");
  settings.listen = {"127.0.0.1", 0};
  settings.tls.certificate = folder.write("tls.crt", serving.certificate);
  settings.tls.key = folder.write("tls.key", serving.key);
  settings.tokens.push_back({"am", Role::alert, folder.write("token", token + "\n"), {}});
  folder.write("client-ca.crt", client_authority.pem());
  if (change) change(settings);
  handler_ = [](const alert::Notification&, const engine::Delivery&) { return engine::Answer{200, "done"}; };
  command_handler_ = [](const engine::Command&) {
    return engine::CommandAnswer{200, "act", "rolled_back", "00ff", "Rolled back."};
  };
  WebHooks hooks;
  hooks.on_command = [this](const engine::Command& command) {
    engine::CommandHandler handler;
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back(command);
      handler = command_handler_;
    }
    return handler(command);
  };
  hooks.on_rollouts = [this](const std::vector<Namespace>& namespaces) {
    const std::lock_guard lock(mutex_);
    lists_.push_back(namespaces);
    return rollouts_;
  };
  hooks.on_audit = [this](const audit::PageRequest& request) {
    const std::lock_guard lock(mutex_);
    audit_requests_.push_back(request);
    return audit_page_;
  };
  hooks.on_notification = [this](const alert::Notification& notification, const engine::Delivery& delivery) {
    engine::NotificationHandler handler;
    {
      const std::lock_guard lock(mutex_);
      deliveries_.push_back(delivery);
      handler = handler_;
    }
    return handler(notification, delivery);
  };
  hooks.on_refused = [this](const std::string& reason, const std::string&) {
    const std::lock_guard lock(mutex_);
    refusals_.push_back(reason);
  };
  auto created = create_guarded_server(settings, std::move(hooks), clock, log_, metrics, timing);
  if (!created) throw std::runtime_error(created.error().message);
  server = std::move(*created);
  server->start();
}

RunningServer::~RunningServer() { server->stop(std::chrono::milliseconds(0)); }

bool RunningServer::serves_honest_client(const std::string& source) {
  ClientOptions options;
  options.source = source;
  Client client(port(), options);
  return client.connected() && client.exchange(honest_request()).status == 200;
}

std::vector<std::string> RunningServer::refusals() {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

bool RunningServer::refused_for(const std::string& reason) {
  for (int i = 0; i < 300; ++i) {
    const auto seen = refusals();
    if (std::find(seen.begin(), seen.end(), reason) != seen.end()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::vector<engine::Delivery> RunningServer::deliveries() {
  const std::lock_guard lock(mutex_);
  return deliveries_;
}

void RunningServer::answer_with(engine::NotificationHandler handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

std::vector<engine::Command> RunningServer::commands() {
  const std::lock_guard lock(mutex_);
  return commands_;
}

void RunningServer::answer_commands_with(engine::CommandHandler handler) {
  const std::lock_guard lock(mutex_);
  command_handler_ = std::move(handler);
}

std::vector<std::vector<Namespace>> RunningServer::lists() {
  const std::lock_guard lock(mutex_);
  return lists_;
}

std::vector<audit::PageRequest> RunningServer::audit_requests() {
  const std::lock_guard lock(mutex_);
  return audit_requests_;
}

void RunningServer::answer_audit_with(Result<audit::Page> page) {
  const std::lock_guard lock(mutex_);
  audit_page_ = std::move(page);
}

void RunningServer::list_with(std::vector<engine::RolloutRow> rollouts) {
  const std::lock_guard lock(mutex_);
  rollouts_ = std::move(rollouts);
}

}  // namespace canaryd::web::test
