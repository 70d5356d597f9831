#include "sources.hpp"

#include <algorithm>
#include <iterator>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/rules/embedded.hpp"
#include "samples.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using std::chrono::milliseconds;

constexpr const char* series_check = "prometheus.series";
constexpr const char* interval_check = "prometheus.interval";
constexpr std::string_view sources_folder = "sources/";
constexpr int scrapes_in_a_window = 4;  // so that a missed one does not empty it (docs/sources.md)

std::string group_of(const std::string& source) { return "canary-source-" + source; }

Finding without_labels(const SourceFacts& source, const std::set<std::string>& jobs, Health status) {
  return {series_check, status,
          "source " + source.name + ": the series that " + listed(jobs) +
              " brings have no labels namespace and revision, so that they count for no canary",
          "scrape them as rules/scrape/ does: canaryd rules print scrape/" +
              std::string(source.name == "model-metrics" ? "model-servers" : "knative-queue-proxy") + ".yaml"};
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

std::string source_of_file(std::string_view file) {
  if (!file.starts_with(sources_folder)) return {};
  return std::string(file.substr(sources_folder.size(), file.rfind('.') - sources_folder.size()));
}

std::set<std::string> loaded_sources(const std::vector<LoadedRule>& loaded) {
  std::set<std::string> out;
  for (const auto& file : rules::embedded()) {
    const std::string source = source_of_file(file.name);
    const std::string group = group_of(source);
    const bool there =
        std::any_of(loaded.begin(), loaded.end(), [&](const LoadedRule& rule) { return rule.group == group; });
    if (!source.empty() && there) out.insert(source);
  }
  return out;
}

Windows windows_of(const std::string& source, const std::vector<LoadedRule>& loaded) {
  Windows out;
  for (const auto& rule : loaded) {
    if (rule.group != group_of(source) && rule.group != group_of(source) + "-slow") continue;
    std::string_view rest = rule.expression;
    for (auto open = rest.find('['); open != std::string_view::npos; open = rest.find('[')) {
      rest.remove_prefix(open + 1);
      const auto window = parse_duration(rest.substr(0, rest.find_first_of(":]")));
      if (!window) continue;
      if (out.shortest.count() == 0 || *window < out.shortest) out.shortest = *window;
      out.longest = std::max(out.longest, *window);
    }
  }
  return out;
}

std::optional<RequestSeries> request_series(const std::string& source) {
  if (source == "model-metrics") {
    return RequestSeries{"model_prediction_latency_seconds_count",
                         R"(model_prediction_latency_seconds_count{namespace!="",revision!=""})"};
  }
  if (source == "knative-legacy") {
    return RequestSeries{"revision_request_count", R"(revision_request_count{namespace!="",revision!=""})"};
  }
  if (source == "knative-otel") {
    // The name is OpenTelemetry's own: what says that it comes from another container is none of this source's.
    return RequestSeries{
        R"(http_server_request_duration_seconds_count{container=~"queue-proxy|"})",
        R"(http_server_request_duration_seconds_count{container="queue-proxy",namespace!="",revision!=""})"};
  }
  return std::nullopt;
}

Findings check_sources(const std::vector<SourceFacts>& sources) {
  Findings out;
  for (const auto& source : sources) {
    if (source.jobs.empty()) continue;
    if (source.labelled.empty()) {
      out.push_back(without_labels(source, source.jobs, Health::fail));
      continue;
    }
    out.push_back(
        {series_check,
         Health::ok,
         "source " + source.name + ": series with namespace and revision come from " + listed(source.labelled),
         {}});
    std::set<std::string> others;
    std::set_difference(source.jobs.begin(), source.jobs.end(), source.labelled.begin(), source.labelled.end(),
                        std::inserter(others, others.end()));
    if (!others.empty()) out.push_back(without_labels(source, others, Health::warn));
  }
  if (out.empty()) {
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

}  // namespace canaryd::doctor
