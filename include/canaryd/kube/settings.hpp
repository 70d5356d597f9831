#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/base/strong.hpp"

namespace canaryd::kube {

enum class Access : std::uint8_t { in_cluster, kubeconfig, url };

// How to reach the cluster: the configuration's `cluster`.
struct ClusterSettings {
  Access access = Access::in_cluster;
  std::string kubeconfig;             // of Access::kubeconfig: the file
  std::string context;                // of Access::kubeconfig: empty means current-context
  std::string url;                    // of Access::url; plain http on loopback only
  std::string ca_file;                // of Access::url; PEM
  std::string token_file;             // of Access::url; empty: no token
  std::vector<Namespace> namespaces;  // empty: all, by one list and watch; else one for each
};

}  // namespace canaryd::kube
