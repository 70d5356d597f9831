#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/prometheus/client.hpp"
#include "rules_loaded.hpp"

// What Prometheus scrapes, and whether it is what the rules read. Pure.
namespace canaryd::doctor {

struct ScrapeTarget {
  std::string job;   // the label
  std::string pool;  // the job's name in the configuration, where it is told
  std::optional<std::chrono::milliseconds> interval;
  bool down = false;
  std::string error;  // of the last scrape
};
// The answer to /api/v1/targets. Errors: `invalid`.
Result<std::vector<ScrapeTarget>> decode_targets(std::string_view json);

// Of the answer to /api/v1/status/config: whether each job honours labels, by its name. Errors: `invalid`.
Result<std::map<std::string, bool>> decode_honor_labels(std::string_view json);

// How many Alertmanagers the answer to /api/v1/alertmanagers has. Errors: `invalid`.
Result<std::size_t> decode_alertmanagers(std::string_view json);

// The series that each source reads its requests from.
std::string request_series(const std::string& source);

// What was asked about one loaded source: `count by (job) (SERIES)`, all of them and those with the labels that count.
struct SourceFacts {
  std::string name;
  std::set<std::string> jobs;      // of any
  std::set<std::string> labelled;  // of those with `namespace` and `revision`
  Windows windows;
};

// A canary with traffic, as the cluster has it.
struct CanaryInFlight {
  Target target;
  Revision canary;
  Revision stable;
};

Findings check_sources(const std::vector<SourceFacts>& sources);
// `requests`: samples of canary:requests:rate2m.
Findings check_canaries(const std::vector<CanaryInFlight>& canaries, const std::vector<prometheus::Sample>& requests);
Findings check_intervals(const std::vector<SourceFacts>& sources, const std::vector<ScrapeTarget>& targets);

// `synced`: samples of canaryd_watch_synced. `renamed`: series of canaryd's with exported_namespace.
Findings check_canaryd_scraped(const std::vector<prometheus::Sample>& synced, const std::vector<ScrapeTarget>& targets,
                               const std::optional<std::map<std::string, bool>>& honor_labels, bool renamed);

// `age`: seconds since the last heartbeat came to canaryd, nullopt: no canaryd says it.
Finding check_heartbeat(std::optional<double> age);

}  // namespace canaryd::doctor
