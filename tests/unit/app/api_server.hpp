#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/web/server.hpp"
#include "http/test_certificate.hpp"

namespace canaryd::app::test {

// The API of a canaryd in this process, with a handler that the test gives, and the files that a client needs.
class ApiServer {
 public:
  engine::CommandAnswer answer{200, "act", "rolled_back", "00ff", "Rolled back ml/iris."};
  std::vector<engine::RolloutRow> rollouts;
  std::vector<engine::Command> commands;  // read them when a request has been answered
  std::vector<std::vector<Namespace>> lists;

  ApiServer() {
    std::string name = (std::filesystem::temp_directory_path() / "canaryd-api-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    const auto certificate = canaryd::test::make_certificate("canaryd", "IP:127.0.0.1");
    web::ServerSettings settings;
    settings.listen = {"127.0.0.1", 0};
    settings.tls.certificate = write("tls.crt", certificate.certificate_pem);
    settings.tls.key = write("tls.key", certificate.key_pem);
    settings.tokens.push_back({"alice", web::Role::operate, write("alice", "operator-battery-staple\n"), {}});
    settings.tokens.push_back({"bob", web::Role::view, write("bob", "viewer-battery-staple\n"), {}});
    web::WebHooks hooks;
    hooks.on_command = [this](const engine::Command& command) {
      commands.push_back(command);
      return answer;
    };
    hooks.on_rollouts = [this](const std::vector<Namespace>& namespaces) {
      lists.push_back(namespaces);
      return rollouts;
    };
    auto created = web::Server::create(settings, std::move(hooks), clock_, log_, metrics_);
    if (!created) throw std::runtime_error(created.error().message);
    server_ = std::move(*created);
    server_->start();
  }
  ~ApiServer() {
    server_->stop(std::chrono::milliseconds(0));
    std::filesystem::remove_all(folder_);
  }
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_->port()); }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void stop() { server_->stop(std::chrono::milliseconds(0)); }

 private:
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return file(name);
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  Logger log_{LogFormat::logfmt, LogLevel::error};
  Metrics metrics_;
  std::unique_ptr<web::Server> server_;
};

}  // namespace canaryd::app::test
