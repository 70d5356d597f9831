#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/doctor/finding.hpp"
#include "canaryd/prometheus/client.hpp"
#include "scrape_targets.hpp"

// What Prometheus has of canaryd itself. Pure.
namespace canaryd::doctor {

struct CanarydScrape {
  std::vector<prometheus::Sample> synced;                   // canaryd_watch_synced
  std::vector<ScrapeTarget> targets;                        // of all jobs
  std::optional<std::map<std::string, bool>> honor_labels;  // decode_honor_labels(); nullopt: not told
  bool renamed = false;                                     // there are series of canaryd's with exported_namespace
  int replicas = 0;                                         // how many there are; 0: not said
};
Findings check_canaryd_scraped(const CanarydScrape& scrape);

// `age`: seconds since the last heartbeat came to canaryd, nullopt: no canaryd says it.
Finding check_heartbeat(std::optional<double> age);

}  // namespace canaryd::doctor
