#include <cstdlib>

#include "rest_api.hpp"

namespace canaryd::kube {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here writes the environment
  return value == nullptr ? "" : value;
}

Result<Credentials> credentials_of(const ClusterSettings& settings) {
  switch (settings.access) {
    case Access::url:
      return from_url(settings);
    case Access::kubeconfig:
      return from_kubeconfig(settings.kubeconfig, settings.context);
    case Access::in_cluster:
      break;
  }
  return in_cluster(environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"),
                    service_account_folder);
}

Result<std::unique_ptr<RestApi>> connected(const ClusterSettings& settings, const std::string& as_user) {
  auto credentials = credentials_of(settings);
  if (!credentials) return fail(credentials.error());
  auto token = credentials->token_file.empty() ? Result<http::Token>(http::Token::fixed(credentials->token))
                                               : http::Token::from_file(credentials->token_file);
  if (!token) return fail(token.error());
  return std::make_unique<RestApi>(std::move(credentials->endpoint), std::move(*token), as_user);
}

}  // namespace

Result<std::unique_ptr<KubeApi>> connect(const ClusterSettings& settings) { return connected(settings, {}); }

Result<std::unique_ptr<Inspector>> connect_to_inspect(const ClusterSettings& settings, const std::string& as_user) {
  return connected(settings, as_user);
}

}  // namespace canaryd::kube
