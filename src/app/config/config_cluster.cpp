#include "config_parts.hpp"
#include "config_url.hpp"

namespace canaryd::app {
namespace {

bool is_cluster_url(const std::string& text) {
  const auto kind = url_kind(text);
  return kind && *kind != UrlKind::other_http;
}

void read_kubeconfig(Section section, kube::ClusterSettings& out) {
  section.path("file", {"the path of a kubeconfig", nullptr, true}, out.kubeconfig);
  section.text("context", {"the name of one of its contexts"}, out.context);
  section.done();
}

void read_url(Section section, kube::ClusterSettings& out) {
  section.text("address",
               {"an https URL such as https://10.0.0.1:6443, or a plain http one on loopback only", is_cluster_url,
                true, may_hold_user},
               out.url);
  section.path("ca_file", {"the path of a PEM file with the API server's CA"}, out.ca_file);
  section.path("token_file", {"the path of a file that holds a bearer token"}, out.token_file);
  if (!out.ca_file.empty() && out.url.starts_with("http://")) {
    section.problem("ca_file", "a CA for plain http, expected none, or an https address");
  }
  section.done();
}

}  // namespace

void read_cluster(Section cluster, kube::ClusterSettings& out) {
  bool in_cluster = true;
  const bool says_in_cluster = cluster.flag("in_cluster", in_cluster) && in_cluster;
  const bool says_kubeconfig = cluster.has("kubeconfig");
  const bool says_url = cluster.has("url");
  read_kubeconfig(cluster.section("kubeconfig", false, "a map with file"), out);
  read_url(cluster.section("url", false, "a map with address"), out);
  if (static_cast<int>(says_in_cluster) + static_cast<int>(says_kubeconfig) + static_cast<int>(says_url) > 1) {
    cluster.problem("", "more than one way to the cluster, expected one of in_cluster: true, kubeconfig or url");
  } else if (!in_cluster && !says_kubeconfig && !says_url) {
    cluster.problem("in_cluster", "got false without another way, expected kubeconfig or url beside it");
  }
  out.access = says_url ? kube::Access::url : says_kubeconfig ? kube::Access::kubeconfig : kube::Access::in_cluster;
  std::vector<std::string> namespaces;
  cluster.texts("namespaces", {"a namespace", is_dns_label}, namespaces);
  for (auto& ns : namespaces) out.namespaces.emplace_back(std::move(ns));
  cluster.done();
}

}  // namespace canaryd::app
