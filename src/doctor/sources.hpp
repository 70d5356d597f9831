#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/strong.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/prometheus/client.hpp"
#include "loaded_rule.hpp"
#include "scrape_targets.hpp"

// The sources of metrics, and whether what Prometheus scrapes is what their rules read. Pure.
namespace canaryd::doctor {

// The source that a shipped file of rules makes; empty: it is none of theirs.
std::string source_of_file(std::string_view file);
std::set<std::string> loaded_sources(const std::vector<LoadedRule>& loaded);

// Which of a source's rules' windows is the shortest, and which the longest.
struct Windows {
  std::chrono::milliseconds shortest{0};
  std::chrono::milliseconds longest{0};
};
Windows windows_of(const std::string& source, const std::vector<LoadedRule>& loaded);

// What a source reads its requests from.
struct RequestSeries {
  std::string all;      // a selector
  std::string counted;  // of those with the labels that count, as the source's rules have it
};
std::optional<RequestSeries> request_series(const std::string& source);

// What was asked about one loaded source: `count by (job) (SELECTOR)` of both.
struct SourceFacts {
  std::string name;
  std::set<std::string> jobs;      // of any
  std::set<std::string> labelled;  // of those that count
  Windows windows;
};
Findings check_sources(const std::vector<SourceFacts>& sources);
Findings check_intervals(const std::vector<SourceFacts>& sources, const std::vector<ScrapeTarget>& targets);

// A canary with traffic, as the cluster has it.
struct CanaryInFlight {
  Target target;
  Revision canary;
  Revision stable;
};
// `requests`: samples of canary:requests:rate2m.
Findings check_canaries(const std::vector<CanaryInFlight>& canaries, const std::vector<prometheus::Sample>& requests);

}  // namespace canaryd::doctor
