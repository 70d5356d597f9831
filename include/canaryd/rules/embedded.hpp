#pragma once

#include <span>
#include <string_view>

namespace canaryd::rules {

// One shipped file, as it stands in rules/ (`name` is relative to it: "canary.yaml", "sources/model-metrics.yaml").
struct File {
  std::string_view name;
  std::string_view text;
};

// Each list is sorted by name and has the same bytes as the files. Never fails; safe from any thread.

// All shipped rule files.
std::span<const File> embedded();

// What makes Prometheus scrape so that the rules work ("scrape/..."): not rules, applied apart.
std::span<const File> embedded_scrapes();

}  // namespace canaryd::rules
