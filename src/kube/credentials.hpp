#pragma once

#include <string>

#include "canaryd/base/error.hpp"
#include "canaryd/http/client.hpp"
#include "canaryd/kube/settings.hpp"

namespace canaryd::kube {

// The address of an API server, and who we are there: what every way of access comes down to.
struct Credentials {
  http::Endpoint endpoint;
  std::string token;       // fixed; empty: none, or in the file
  std::string token_file;  // read again when it changes; comes before `token`
};

// Where the kubelet puts a service account's files.
inline constexpr const char* service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";

// From KUBERNETES_SERVICE_HOST and _PORT and the folder's files.
Result<Credentials> in_cluster(const std::string& host, const std::string& port, const std::string& folder);
Result<Credentials> from_kubeconfig(const std::string& file, const std::string& context);
Result<Credentials> from_url(const ClusterSettings& settings);

// Checks what all ways of access must hold: an address that is https or on loopback, certificates and keys that can be
// read and belong together. `what` names the setting in errors.
Status check(Credentials& credentials, const std::string& what);

}  // namespace canaryd::kube
