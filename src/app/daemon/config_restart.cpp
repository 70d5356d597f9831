#include <string>
#include <vector>

#include "canaryd/app/config.hpp"

namespace canaryd::app {
namespace {

bool same(const web::ListenAddress& a, const web::ListenAddress& b) { return a.host == b.host && a.port == b.port; }

}  // namespace

std::vector<std::string> needs_restart(const Config& running, const Config& wanted) {
  std::vector<std::string> keys;
  const auto differs = [&](bool different, const char* key) {
    if (different) keys.emplace_back(key);
  };
  const auto& was = running.cluster;
  const auto& is = wanted.cluster;
  differs(running.instance != wanted.instance, "instance");
  differs(!same(running.server.listen, wanted.server.listen), "server.listen");
  differs(running.server.max_connections != wanted.server.max_connections, "server.max_connections");
  differs(!same(running.admin.listen, wanted.admin.listen), "admin.listen");
  differs((was.access == kube::Access::in_cluster) != (is.access == kube::Access::in_cluster), "cluster.in_cluster");
  differs(was.kubeconfig != is.kubeconfig, "cluster.kubeconfig.file");
  differs(was.context != is.context, "cluster.kubeconfig.context");
  differs(was.url != is.url, "cluster.url.address");
  differs(was.ca_file != is.ca_file, "cluster.url.ca_file");
  differs(was.token_file != is.token_file, "cluster.url.token_file");
  differs(was.namespaces != is.namespaces, "cluster.namespaces");
  differs(running.audit.log.directory != wanted.audit.log.directory, "audit.directory");
  differs(running.audit.log.origin != wanted.audit.log.origin, "audit.origin");
  differs(running.audit.log.rotate_size != wanted.audit.log.rotate_size, "audit.rotate_size");
  differs(running.audit.log.rotate_age != wanted.audit.log.rotate_age, "audit.rotate_age");
  differs(running.audit.witness != wanted.audit.witness, "audit.witness.configmap");
  const auto& asked = running.prometheus;
  const auto& asks = wanted.prometheus;
  differs(asked.url != asks.url, "prometheus.url");
  differs(asked.ca_file != asks.ca_file, "prometheus.ca_file");
  differs(asked.token_file != asks.token_file, "prometheus.token_file");
  differs(asked.client_certificate != asks.client_certificate, "prometheus.certificate");
  differs(asked.client_key != asks.client_key, "prometheus.key");
  differs(running.state.ns != wanted.state.ns, "state.namespace");
  differs(running.state.name != wanted.state.name, "state.name");
  differs(running.log.format != wanted.log.format, "log.format");
  return keys;
}

}  // namespace canaryd::app
