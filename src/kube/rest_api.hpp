#pragma once

#include "canaryd/kube/api.hpp"
#include "credentials.hpp"
#include "token.hpp"

namespace canaryd::kube {

// KubeApi over HTTP.
class RestApi final : public KubeApi {
 public:
  RestApi(http::Endpoint endpoint, Token token) : client_(std::move(endpoint)), token_(std::move(token)) {}

  Result<std::string> get_inferenceservice(const Target& target, SteadyTime deadline) override;
  Result<std::string> get_revision(const Namespace& ns, const Revision& name, SteadyTime deadline) override;
  Result<std::string> patch_inferenceservice(const PatchRequest& request) override;
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
  void authorise(http::Request& request);

  http::Client client_;
  Token token_;
};

}  // namespace canaryd::kube
