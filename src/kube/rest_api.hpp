#pragma once

#include "answer.hpp"
#include "canaryd/http/token.hpp"
#include "canaryd/kube/inspector.hpp"
#include "credentials.hpp"

namespace canaryd::kube {

// KubeApi over HTTP.
class RestApi final : public Inspector {
 public:
  RestApi(http::Endpoint endpoint, http::Token token, std::string as_user = {})
      : client_(std::move(endpoint)), token_(std::move(token)), as_user_(std::move(as_user)) {}

  Result<std::string> get(const std::string& path, SteadyTime deadline) override;
  Result<std::string> review(const std::string& path, const std::string& body, SteadyTime deadline) override;

  Result<std::string> get_inferenceservice(const Target& target, SteadyTime deadline) override;
  Result<std::string> get_revision(const Namespace& ns, const Revision& name, SteadyTime deadline) override;
  Result<std::string> patch_inferenceservice(const PatchRequest& request) override;
  Result<std::string> get_config_map(const Namespace& ns, const std::string& name, SteadyTime deadline) override;
  Result<std::string> create_config_map(const ObjectWrite& write) override;
  Result<std::string> patch_config_map(const ObjectWrite& write) override;
  Result<std::string> create_event(const ObjectWrite& write) override;
  Result<std::string> patch_event(const ObjectWrite& write) override;
  Result<std::string> list_inferenceservices(const Namespace& ns, const std::string& continue_token,
                                             SteadyTime deadline) override;
  Result<std::string> list_until_stopped(const Namespace& ns, const std::string& continue_token, SteadyTime deadline,
                                         const std::atomic<bool>& stop) override;
  Status watch_inferenceservices(const Namespace& ns, const std::string& resource_version,
                                 const std::atomic<bool>& stop,
                                 const std::function<bool(std::string_view)>& on_line) override;

 private:
  Result<std::string> list(const Namespace& ns, const std::string& continue_token, SteadyTime deadline,
                           const std::atomic<bool>* stop);
  Result<std::string> read(http::Request request);
  Result<std::string> create(const char* plural, const ObjectWrite& write);
  Result<std::string> patch(const char* plural, const ObjectWrite& write);
  Result<std::string> send_write(http::Request request, Asked asked);
  void authorise(http::Request& request);

  http::Client client_;
  http::Token token_;
  const std::string as_user_;  // empty: nobody else
};

}  // namespace canaryd::kube
