#include <utility>

#include "canaryd/prometheus/client.hpp"
#include "canaryd_scraped.hpp"
#include "parts.hpp"
#include "rules_loaded.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

constexpr const char* reach_check = "prometheus.reachable";
constexpr const char* address_remedy =
    "see prometheus.url, its ca_file and token, and NetworkPolicies on the way; from a laptop: kubectl port-forward "
    "and "
    "--prometheus http://127.0.0.1:9090";

std::string message(const Error& error) { return said(error.message); }

class PrometheusLook {
 public:
  PrometheusLook(const Look& look, Peer peer, prometheus::Client& client, const Sight& sight)
      : look_(look), peer_(std::move(peer)), client_(client), sight_(sight) {}

  Findings all() {
    const auto rules = part(reach_check, "/api/v1/rules", decode_rules);
    if (!rules) return std::move(out_);
    out_.insert(out_.begin(), {reach_check, Health::ok, "Prometheus answers", {}});
    add(check_rules(*rules));
    auto targets = part("prometheus.interval", "/api/v1/targets?state=active", decode_targets);
    look_at_series(*rules, targets ? &*targets : nullptr);
    look_at_canaryd(targets ? std::move(*targets) : std::vector<ScrapeTarget>());
    look_at_alerting();
    return std::move(out_);
  }

 private:
  void add(Findings more) {
    for (auto& finding : more) out_.push_back(std::move(finding));
  }

  template <class T>
  Result<T> part(const char* check, const char* path, Result<T> (*decode)(std::string_view)) {
    const auto body = peer_.get(path, look_.budget.next());
    auto decoded = body ? decode(*body) : fail(body.error());
    if (!decoded) add_unknown(check, decoded.error());
    return decoded;
  }

  void add_unknown(const char* check, const Error& error) {
    out_.push_back({check, Health::unknown, "Prometheus cannot be asked: " + message(error), address_remedy});
  }

  std::optional<std::vector<prometheus::Sample>> query(const char* check, const std::string& promql) {
    auto samples = client_.query(promql, look_.budget.next());
    if (samples) return std::move(*samples);
    add_unknown(check, samples.error());
    return std::nullopt;
  }

  // The jobs that have a series. nullopt: it could not be asked, which has been said.
  std::optional<std::set<std::string>> jobs_of(const std::string& selector) {
    const auto samples = query("prometheus.series", "count by (job) (" + selector + ")");
    if (!samples) return std::nullopt;
    std::set<std::string> out;
    for (const auto& sample : *samples) {
      const auto job = sample.labels.find("job");
      out.insert(job == sample.labels.end() ? "(no job)" : job->second);
    }
    return out;
  }

  void look_at_series(const std::vector<LoadedRule>& rules, const std::vector<ScrapeTarget>* targets) {
    std::vector<SourceFacts> sources;
    for (const auto& name : loaded_sources(rules)) {
      const auto series = request_series(name);
      if (!series) continue;
      auto jobs = jobs_of(series->all);
      auto labelled = jobs_of(series->counted);
      if (!jobs || !labelled) return;
      sources.push_back({name, std::move(*jobs), std::move(*labelled), windows_of(name, rules)});
    }
    if (!sources.empty()) add(check_sources(sources));
    if (!sight_.canaries.empty()) {
      if (const auto requests = query("prometheus.series", "canary:requests:rate2m{job=\"\"}")) {
        add(check_canaries(sight_.canaries, *requests));
      }
    }
    if (targets != nullptr) add(check_intervals(sources, *targets));
  }

  void look_at_canaryd(std::vector<ScrapeTarget> targets) {
    auto synced = query("prometheus.canaryd", "canaryd_watch_synced");
    if (!synced) return;
    CanarydScrape scrape;
    scrape.synced = std::move(*synced);
    scrape.targets = std::move(targets);
    scrape.replicas = look_.settings.replicas;
    // Many hide it, and what stands in front of several Prometheus servers has none: then the series must do.
    if (const auto body = peer_.get("/api/v1/status/config", look_.budget.next())) {
      if (auto decoded = decode_honor_labels(*body)) scrape.honor_labels = std::move(*decoded);
    }
    const auto renamed = query("prometheus.canaryd", "count({__name__=~\"canaryd_.+\",exported_namespace!=\"\"})");
    scrape.renamed = renamed && !renamed->empty();
    add(check_canaryd_scraped(scrape));
    const auto age =
        query("alertmanager.heartbeat", "max(time() - canaryd_heartbeat_timestamp_seconds{job=\"canaryd\"})");
    if (age) out_.push_back(check_heartbeat(age->empty() ? std::nullopt : std::optional(age->front().value)));
  }

  void look_at_alerting() {
    const char* const check = "prometheus.alertmanagers";
    const auto known = part(check, "/api/v1/alertmanagers", decode_alertmanagers);
    if (!known) return;
    if (*known == 0) {
      out_.push_back({check, Health::fail, "Prometheus sends its alerts to no Alertmanager",
                      "set alerting.alertmanagers, or `alerting` in the Prometheus object"});
    } else {
      out_.push_back({check, Health::ok, "Prometheus sends its alerts to " + counted(*known, "Alertmanager"), {}});
    }
  }

  const Look& look_;
  Peer peer_;
  prometheus::Client& client_;
  const Sight& sight_;
  Findings out_;
};

}  // namespace

Findings look_at_prometheus(const Look& look, const Sight& sight) {
  const Service& service = look.settings.prometheus;
  if (service.url.empty()) {
    return {{reach_check, Health::unknown, "no Prometheus is named: whether any alert can fire was not looked at",
             "set prometheus.url, or give --prometheus URL"}};
  }
  auto peer = Peer::connect(service);
  if (!peer) return {{reach_check, Health::unknown, message(peer.error()), address_remedy}};
  auto client =
      prometheus::Client::create({service.url, service.ca_file, service.token_file, service.certificate, service.key});
  if (!client) return {{reach_check, Health::unknown, message(client.error()), address_remedy}};
  return PrometheusLook(look, std::move(*peer), **client, sight).all();
}

}  // namespace canaryd::doctor
