#include "scrapes.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "json.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using std::chrono::milliseconds;

constexpr const char* series_check = "prometheus.series";
constexpr const char* interval_check = "prometheus.interval";
constexpr const char* canaryd_check = "prometheus.canaryd";
constexpr const char* canaryd_job = "canaryd";
constexpr int scrapes_in_a_window = 4;  // so that a missed one does not empty it (docs/sources.md)
constexpr double late_heartbeat = 180;  // seconds: as CanarydHeartbeatMissing has it

std::string label(const prometheus::Sample& sample, const char* name) {
  const auto found = sample.labels.find(name);
  return found == sample.labels.end() ? std::string() : found->second;
}

Findings check_window(const SourceFacts& source, const std::vector<ScrapeTarget>& targets) {
  std::optional<milliseconds> slowest;
  std::size_t down = 0;
  std::size_t all = 0;
  std::string error;
  for (const auto& target : targets) {
    if (!source.labelled.contains(target.job)) continue;
    ++all;
    down += target.down ? 1 : 0;
    if (target.down) error = target.error;
    if (target.interval) slowest = std::max(slowest.value_or(milliseconds(0)), *target.interval);
  }
  Findings out;
  if (down > 0) {
    out.push_back({series_check, Health::warn,
                   "source " + source.name + ": " + std::to_string(down) + " of " + counted(all, "target") +
                       " down: " + escaped(error, 200),
                   "look at Prometheus' page of targets; a pod that cannot be scraped counts for nothing"});
  }
  const milliseconds shortest = source.windows.shortest / scrapes_in_a_window;
  const milliseconds longest = source.windows.longest / scrapes_in_a_window;
  if (!slowest || shortest.count() == 0) {
    out.push_back(
        {interval_check, Health::unknown,
         "source " + source.name + ": Prometheus does not say how often it scrapes " + listed(source.labelled),
         "see that the scrape interval of these jobs is " + spoken(milliseconds(5000))});
    return out;
  }
  const std::string found =
      "source " + source.name + ": scraped every " + spoken(*slowest) + " (" + listed(source.labelled) + ")";
  const std::string remedy = "set the interval of these jobs or monitors to 5s, as rules/scrape/ has it";
  if (*slowest <= shortest) {
    out.push_back({interval_check, Health::ok, found + ", every rule bears " + spoken(shortest), {}});
  } else if (*slowest <= longest) {
    out.push_back({interval_check, Health::warn,
                   found + ": the series of " + spoken(source.windows.shortest) + " bear at most " + spoken(shortest) +
                       ", and CanaryFailing, which reads them, may stay silent",
                   remedy});
  } else {
    out.push_back({interval_check, Health::fail,
                   found + ": the series of " + spoken(source.windows.longest) + " bear at most " + spoken(longest) +
                       "; one missed scrape silences every alert",
                   remedy});
  }
  return out;
}

}  // namespace

Result<std::vector<ScrapeTarget>> decode_targets(std::string_view json) {
  const auto answer = Value::parse(json);
  if (!answer) return fail(answer.error());
  const Value active = (*answer)["data"]["activeTargets"];
  if (!active.present()) return fail(Error::invalid("an answer without data.activeTargets"));
  std::vector<ScrapeTarget> out;
  for (const auto& each : active.items()) {
    std::string interval = each["scrapeInterval"].text();
    if (interval.empty()) interval = each["discoveredLabels"]["__scrape_interval__"].text();
    out.push_back({each["labels"]["job"].text(), each["scrapePool"].text(), parse_duration(interval),
                   each["health"].text() == "down", each["lastError"].text()});
  }
  return out;
}

Result<std::map<std::string, bool>> decode_honor_labels(std::string_view json) {
  const auto answer = Value::parse(json);
  if (!answer) return fail(answer.error());
  const std::string yaml = (*answer)["data"]["yaml"].text();
  if (yaml.empty()) return fail(Error::invalid("an answer without data.yaml"));
  std::map<std::string, bool> out;
  try {
    for (const YAML::Node& job : YAML::Load(yaml)["scrape_configs"]) {
      const YAML::Node honor = job["honor_labels"];
      out[job["job_name"].as<std::string>("")] = honor && honor.as<bool>(false);
    }
  } catch (const YAML::Exception& error) {
    return fail(Error::invalid("a configuration that is no YAML: " + error.msg));
  }
  return out;
}

Result<std::size_t> decode_alertmanagers(std::string_view json) {
  const auto answer = Value::parse(json);
  if (!answer) return fail(answer.error());
  return (*answer)["data"]["activeAlertmanagers"].items().size();
}

std::string request_series(const std::string& source) {
  constexpr std::array series{
      std::pair{"model-metrics", "model_prediction_latency_seconds_count"},
      std::pair{"knative-otel", "http_server_request_duration_seconds_count"},
      std::pair{"knative-legacy", "revision_request_count"},
  };
  for (const auto& [name, text] : series) {
    if (source == name) return text;
  }
  return {};
}

Findings check_sources(const std::vector<SourceFacts>& sources) {
  Findings out;
  bool any = false;
  for (const auto& source : sources) {
    if (!source.labelled.empty()) {
      any = true;
      out.push_back(
          {series_check,
           Health::ok,
           "source " + source.name + ": series with namespace and revision come from " + listed(source.labelled),
           {}});
    } else if (!source.jobs.empty()) {
      any = true;
      out.push_back({series_check, Health::fail,
                     "source " + source.name + ": the series that " + listed(source.jobs) +
                         " brings have no labels namespace and revision, so that they count for no canary",
                     "scrape them as rules/scrape/ does: canaryd rules print scrape/" +
                         std::string(source.name == "model-metrics" ? "model-servers" : "knative-queue-proxy") +
                         ".yaml"});
    }
  }
  if (!any) {
    out.push_back(
        {series_check, Health::warn, "no source has any series: no model server is scraped now",
         "when pods of an InferenceService run, see that a PodMonitor takes them (docs/sources.md); where all "
         "are scaled to zero this is as it should be"});
  }
  return out;
}

Findings check_canaries(const std::vector<CanaryInFlight>& canaries, const std::vector<prometheus::Sample>& requests) {
  const auto has = [&](const Namespace& ns, const Revision& revision) {
    return std::any_of(requests.begin(), requests.end(), [&](const prometheus::Sample& sample) {
      return label(sample, "namespace") == ns.str() && label(sample, "revision") == revision.str();
    });
  };
  Findings out;
  for (const auto& each : canaries) {
    const std::string name = escaped(each.target.str());
    std::set<std::string> missing;
    for (const auto& revision : {each.canary, each.stable}) {
      if (!revision.empty() && !has(each.target.ns, revision)) missing.insert(revision.str());
    }
    if (missing.empty()) {
      out.push_back({series_check, Health::ok, name + ": requests of canary and stable are measured", {}});
      continue;
    }
    out.push_back({series_check, Health::fail,
                   name + ": no source measures " + listed(missing) +
                       "; of what is not measured only CanaryDown and "
                       "CanaryNoData can tell",
                   "see that the pods' label serving.knative.dev/revision becomes the label revision, and their "
                   "namespace the label namespace (docs/sources.md)"});
  }
  return out;
}

Findings check_intervals(const std::vector<SourceFacts>& sources, const std::vector<ScrapeTarget>& targets) {
  Findings out;
  for (const auto& source : sources) {
    if (source.labelled.empty()) continue;
    for (auto& finding : check_window(source, targets)) out.push_back(std::move(finding));
  }
  return out;
}

Findings check_canaryd_scraped(const std::vector<prometheus::Sample>& synced, const std::vector<ScrapeTarget>& targets,
                               const std::optional<std::map<std::string, bool>>& honor_labels, bool renamed) {
  const auto believed = static_cast<std::size_t>(std::count_if(
      synced.begin(), synced.end(), [](const auto& sample) { return label(sample, "job") == canaryd_job; }));
  const std::string monitor =
      "canaryd rules print scrape/canaryd.yaml, applied with the labels that the Prometheus "
      "object's podMonitorSelector asks for; without the operator the job of scrape/prometheus.yaml";
  if (synced.empty()) {
    return {{canaryd_check, Health::fail, "canaryd is not scraped: no rule knows of any canary", monitor}};
  }
  if (believed == 0) {
    return {{canaryd_check, Health::fail,
             "canaryd is scraped by the job " + escaped(label(synced.front(), "job"), 80) +
                 ", and the rules believe the job canaryd alone",
             "name the job canaryd, as the shipped monitor does by relabelling"}};
  }
  Findings out;
  for (const auto& sample : synced) {
    if (label(sample, "job") != canaryd_job || sample.value == 1) continue;
    out.push_back({canaryd_check, Health::fail,
                   escaped(label(sample, "instance"), 80) + " has not read the cluster's InferenceServices",
                   "see its /readyz and its log for why"});
  }
  bool dishonoured = renamed;
  std::optional<milliseconds> slowest;
  for (const auto& target : targets) {
    if (target.job != canaryd_job) continue;
    if (target.interval) slowest = std::max(slowest.value_or(milliseconds(0)), *target.interval);
    const auto known = honor_labels ? honor_labels->find(target.pool) : std::map<std::string, bool>::const_iterator();
    if (honor_labels && known != honor_labels->end()) dishonoured = dishonoured || !known->second;
  }
  if (dishonoured) {
    out.push_back({canaryd_check, Health::warn,
                   "canaryd's namespace label arrives as exported_namespace: the shipped rules bear it, dashboards and "
                   "rules of your own do not",
                   "set honorLabels: true (honor_labels) on canaryd's scrape, and overrideHonorLabels: false in the "
                   "Prometheus object"});
  }
  if (slowest && *slowest > milliseconds(15'000)) {
    out.push_back({canaryd_check, Health::warn,
                   "canaryd is scraped every " + spoken(*slowest) + ": the rules see a new canary so much later",
                   "set the interval to 5s"});
  }
  if (out.empty()) {
    out.push_back({canaryd_check,
                   Health::ok,
                   counted(believed, "canaryd") + (believed == 1 ? " is" : " are") + " scraped, its labels as they are",
                   {}});
  }
  return out;
}

Finding check_heartbeat(std::optional<double> age) {
  const char* const id = "alertmanager.heartbeat";
  const std::string remedy =
      "see that CanarydHeartbeat fires in Prometheus, and the findings of alertmanager.route: the heartbeat goes the "
      "way "
      "that a rollback's alert goes";
  if (!age) {
    return {id, Health::unknown, "no canaryd that is scraped says when the last heartbeat came", remedy};
  }
  const auto rounded = milliseconds(static_cast<std::int64_t>(std::clamp(*age, 0.0, 1e9)) * 1000);
  if (*age > 1e9)
    return {id, Health::fail, "no heartbeat has come to canaryd since it was started; it comes each minute", remedy};
  if (*age > late_heartbeat) {
    return {id, Health::fail, "the last heartbeat came to canaryd " + spoken(rounded) + " ago", remedy};
  }
  return {id, Health::ok, "the last heartbeat came to canaryd " + spoken(rounded) + " ago", {}};
}

}  // namespace canaryd::doctor
