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
  origin: canaryd  # with the log's id, the name in its checkpoints
  # Private Ed25519 keys, `canaryd audit key generate`; each signs. Without one there are no checkpoints.
  # key_files: [/etc/canaryd/audit/key.pem]
  rotate_size: 64MiB  # a segment ends when it has so many bytes
  rotate_age: 1d      # or is so old
  keep: 400d          # closed segments; their hashes stay for ever
  keep_at_least: 90d  # nothing younger is removed for any reason
  max_size: off       # of the log's files: above it the oldest segments go
  # What the volume has left.
  space:
    warn: 1GiB
    make_room: 512MiB  # compress and remove at once, by the rules above
    stop: 128MiB       # alerts are answered 503: stopping comes before losing
  # witness:
  #   configmap: canaryd-audit  # the newest checkpoint goes there, too
  redact:
    labels: []  # of alerts: their values are not recorded

log:
  format: logfmt  # or json
  level: info     # debug, info, warn, error

# While this file exists nothing is patched.
# stop_file: /etc/canaryd/stop

# The Prometheus that is asked before each step forward. Needed where a policy promotes; a rollback asks nobody.
# prometheus:
#   url: https://prometheus.monitoring.svc:9090  # with its path prefix, if any
#   ca_file: /etc/canaryd/prometheus/ca.crt      # default: the system's CAs
#   token_file: /etc/canaryd/prometheus/token
#   certificate: /etc/canaryd/prometheus/tls.crt  # a client certificate, with its key
#   key: /etc/canaryd/prometheus/tls.key
#   allow_http: false  # plain http to another machine, too

# The ConfigMap with holds, quarantined revisions and the stop: what has no place in an InferenceService.
state:
  # namespace: canaryd  # default: the pod's own, else canaryd
  name: canaryd-state

# Many services rolled back at once have a cause in common, and no canary is to blame: promotions stop everywhere.
breaker:
  max_rollbacks: 3  # different services; one more opens it
  window: 10m
  rollbacks: go_on  # or stop: then nothing is rolled back either

# What an alert asks for. The first entry that matches decides; what none matches is ignored.
alerts:
  - matchers:
      - 'alertname=~"CanaryHighErrorRate|CanaryFailing|CanaryHighLatency|CanaryLowConfidence|CanaryHigherErrorRate|CanaryHigherLatency|CanaryDown"'
    action: rollback  # or advance, hold, heartbeat, ignore
    # Which labels of the alert say what it is about.
    labels:
      namespace: namespace
      name: inferenceservice
      revision: revision
      percent: percent  # of an advance: the share that the evidence is about
  - matchers: ['alertname="CanaryNoData"']
    action: hold
  - matchers: ['alertname="CanarydHeartbeat"']
    action: heartbeat
  - matchers: ['alertname="CanaryHealthy"']
    action: advance  # where the policy promotes

# How a service is treated. The first entry that matches decides; a service that none matches is left alone.
policies:
  - name: default
    # Patterns as in a shell. Writing a label on a live InferenceService makes a NEW revision: match labels that it has.
    # match:
    #   namespaces: ["ml", "team-*"]
    #   names: ["*"]
    #   labels:
    #     tier: online
    mode: enforce  # or observe: decides, tries the patch with dryRun=All, records, and changes nothing
    rollback:
      enabled: true
      last_stage_window: 30m  # how long a canary at 100 % can still be rolled back
      confirm_within: 1m      # until a rollback that the cluster does not show is called unconfirmed
    promotion:
      enabled: false  # true needs prometheus.url
      stages: [5, 10, 25, 50, 75, 100]  # percent; after the dwell at 100 the canary becomes the stable one
      dwell: 10m          # at each stage, the last one too
      error_margin: 0.02  # by how much the error ratio may be above the stable one's; off: not compared
      # When nothing goes forward.
      # freeze:
      #   - days: [mon, tue, wed, thu, fri]
      #     from: "18:00"
      #     until: "08:00"  # of the next day, since it is before `from`
      #     time_zone: Europe/Berlin
      new_revision_restarts: true  # a new revision under canaryd's percent begins at the first stage again
      short_dwell: false           # allows a dwell under 4m10s, for trials with rules of shorter windows
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
