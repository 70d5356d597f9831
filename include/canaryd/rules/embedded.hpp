#pragma once

#include <span>
#include <string_view>

namespace canaryd::rules {

// One shipped rule file, as it stands in rules/ (`name` is relative to it: "canary.yaml",
// "sources/model-metrics.yaml").
struct File {
  std::string_view name;
  std::string_view text;
};

// All shipped rule files, sorted by name; the same bytes as the files. Never fails; safe from any thread.
std::span<const File> embedded();

}  // namespace canaryd::rules
