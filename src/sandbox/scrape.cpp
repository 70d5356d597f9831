#include "api.hpp"
#include "json.hpp"

namespace canaryd::sandbox {

namespace {

constexpr std::string_view pods_path = "/pods/";
constexpr std::string_view metrics_path = "/metrics";

// A label's or an annotation's name as Prometheus writes it into its own: what is no letter or digit becomes '_'.
std::string meta_name(std::string text) {
  for (char& c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '_';
  }
  return text;
}

// The labels that KServe and Knative write on a revision's pods.
Json pod_labels(const Pod& pod) {
  const std::string service = pod.service.name + "-" + pod.component;
  return {{"app", pod.revision},
          {"component", pod.component},
          {"serving.knative.dev/configuration", service},
          {"serving.knative.dev/revision", pod.revision},
          {"serving.knative.dev/service", service},
          {"serving.kserve.io/inferenceservice", pod.service.name}};
}

// What Prometheus' kubernetes_sd_configs gives for the serving container's port, under the same names. The last label
// stands for what a pod has an address of its own for.
Json target_of(const Pod& pod, const std::string& host) {
  const std::string pod_meta = "__meta_kubernetes_pod_";
  const std::size_t colon = host.rfind(':');
  Json labels{{"__meta_kubernetes_namespace", pod.service.ns},
              {pod_meta + "name", pod.name},
              {pod_meta + "ip", host.substr(0, colon)},
              {pod_meta + "host_ip", host.substr(0, colon)},
              {pod_meta + "node_name", "sandbox"},
              {pod_meta + "phase", "Running"},
              {pod_meta + "ready", pod.ready ? "true" : "false"},
              {pod_meta + "controller_kind", "ReplicaSet"},
              {pod_meta + "controller_name", pod.revision + "-deployment"},
              {pod_meta + "container_name", "kserve-container"},
              {pod_meta + "container_init", "false"},
              {pod_meta + "container_port_name", "user-port"},
              {pod_meta + "container_port_number", colon == std::string::npos ? "80" : host.substr(colon + 1)},
              {pod_meta + "container_port_protocol", "TCP"}};
  const Json own_labels = pod_labels(pod);
  for (const auto& [name, value] : own_labels.items()) {
    labels[pod_meta + "label_" + meta_name(name)] = value;
    labels[pod_meta + "labelpresent_" + meta_name(name)] = "true";
  }
  labels["__metrics_path__"] = std::string(pods_path) + pod.service.ns + "/" + pod.name + std::string(metrics_path);
  return {{"targets", {host}}, {"labels", std::move(labels)}};
}

}  // namespace

Response Api::targets(const Request& request) const {
  if (request.method != "GET") return {405, "text/plain", "expected GET\n"};
  Json list = Json::array();
  for (const Pod& pod : traffic_.pods()) list.push_back(target_of(pod, request.host));
  return {200, "application/json", dump(list)};
}

Response Api::pod_metrics(const Request& request) {
  const std::string_view path = request.path;
  const std::size_t slash = path.find('/', pods_path.size());
  if (request.method != "GET") return {405, "text/plain", "expected GET\n"};
  if (slash == std::string_view::npos || !path.ends_with(metrics_path) || path.size() - metrics_path.size() <= slash) {
    return {404, "text/plain", "expected /pods/NAMESPACE/POD/metrics\n"};
  }
  const Key pod{std::string(path.substr(pods_path.size(), slash - pods_path.size())),
                std::string(path.substr(slash + 1, path.size() - metrics_path.size() - slash - 1))};
  const auto behaviour = traffic_.behaviour(pod);
  const auto text = traffic_.metrics(pod);
  if (!behaviour || !text) return {404, "text/plain", "no such pod\n"};
  // On a cluster nothing listens at a crashed server's port; a refused connection and a 503 are the same to Prometheus.
  if (behaviour->dead) return {503, "text/plain", "the model server has crashed\n"};
  return {200, "text/plain; version=0.0.4; charset=utf-8", *text};
}

}  // namespace canaryd::sandbox
