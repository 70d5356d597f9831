#include "canaryd/app/config.hpp"

namespace canaryd::app {

std::string_view default_config() {
  static constexpr std::string_view text =
      R"yaml(# canaryd's configuration. What is commented out stands at its default.
# `canaryd check-config FILE` says what is wrong with a changed one; docs/configuration.md tells every key.
# Durations are written as in Prometheus (90s, 10m, 1h30m); relative paths are meant from this file's folder.

# Part of the field manager "canaryd/<instance>" in the cluster; unique for each replica. Default: the host's name.
# instance: canaryd-0

# The HTTPS listener that Alertmanager sends to.
server:
  listen: "0.0.0.0:8443"
  tls:
    certificate: /etc/canaryd/tls/tls.crt
    key: /etc/canaryd/tls/tls.key
    # Set: every connection needs a client certificate of one of these CAs.
    # client_ca: /etc/canaryd/tls/ca.crt
  max_connections: 128
  # Who may do what. A client has one role: alert (the webhook only), view or operate.
  clients:
    tokens:
      - name: alertmanager
        role: alert
        file: /etc/canaryd/tokens/alertmanager
        # namespaces: [ml]  # only about these; default: all
    # certificates:
    #   - name: alertmanager
    #     role: alert
    #     san: dns:alertmanager.monitoring.svc

# Probes and metrics: /healthz, /readyz, /metrics. Plain HTTP.
admin:
  listen: "0.0.0.0:8080"

# The way to the API server: one of in_cluster, kubeconfig, url.
cluster:
  in_cluster: true
  # kubeconfig:
  #   file: /etc/canaryd/kubeconfig
  #   context: production  # default: the file's current-context
  # url:
  #   address: http://127.0.0.1:8001  # plain http on loopback only
  #   ca_file: /etc/canaryd/cluster-ca.crt
  #   token_file: /etc/canaryd/cluster-token
  namespaces: []  # all, by one watch; else one watch for each

# The audit log: a folder of its own, on a volume that outlives the process.
audit:
  directory: /var/lib/canaryd/audit

log:
  format: logfmt  # or json
  level: info     # debug, info, warn, error

# While this file exists nothing is patched.
# stop_file: /etc/canaryd/stop

# What an alert asks for. The first entry that matches decides; what none matches is ignored.
alerts:
  - matchers:
      - 'alertname=~"CanaryHighErrorRate|CanaryFailing|CanaryHighLatency|CanaryLowConfidence|CanaryHigherErrorRate|CanaryHigherLatency|CanaryDown"'
    action: rollback  # or hold, heartbeat, ignore
    # Which labels of the alert say what it is about.
    labels:
      namespace: namespace
      name: inferenceservice
      revision: revision
  - matchers: ['alertname="CanaryNoData"']
    action: hold
  - matchers: ['alertname="CanarydHeartbeat"']
    action: heartbeat
  - matchers: ['alertname="CanaryHealthy"']
    action: ignore

# How a service is treated. The first entry that matches decides; a service that none matches is left alone.
policies:
  - name: default
    # Patterns as in a shell. Writing a label on a live InferenceService makes a NEW revision: match labels that it has.
    # match:
    #   namespaces: ["ml", "team-*"]
    #   names: ["*"]
    #   labels:
    #     tier: online
    rollback:
      enabled: true
      last_stage_window: 30m  # how long a canary at 100 % can still be rolled back
      confirm_within: 1m      # until a rollback that the cluster does not show is called unconfirmed
    unattributed: rollback    # or hold: what an alert without a revision may do
    evidence_window: 10m      # how far back an alert's evidence may reach: the rule's `for` and its longest range
    components: together      # or independent: whether a rollback takes all components in flight
    # What the shipped rules compare with; `off` silences what compares with it. A floor cannot be off.
    thresholds:
      error_ratio: 0.05          # CanaryHighErrorRate: errors / requests over 2m
      failing_ratio: 0.5         # CanaryFailing: the same over 30s
      higher_error_ratio: 1.5    # CanaryHigherErrorRate: times the stable revision's
      latency_ratio: 1.5         # CanaryHighLatency: p95, times the stable revision's
      higher_latency_ratio: 1.3  # CanaryHigherLatency: likewise, for longer
      latency_seconds: off       # CanaryHighLatency: p95 in seconds, without a stable revision, too
      confidence_ratio: 0.8      # CanaryLowConfidence: mean, times the stable revision's; a lower bound
      min_requests: 50           # in 2m, of each side
      failing_min_requests: 10   # in 30s
      latency_min_requests: 100  # in 2m, of each side
      down_min_requests: 10      # CanaryDown: that the canary should have had in 2m
)yaml";
  return text;
}

}  // namespace canaryd::app
