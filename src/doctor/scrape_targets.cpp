#include "scrape_targets.hpp"

#include <yaml-cpp/yaml.h>

#include "canaryd/base/time_text.hpp"
#include "json.hpp"

namespace canaryd::doctor {

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
                   each["health"].text() == "down", each["lastError"].text(), each["labels"]["instance"].text()});
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

}  // namespace canaryd::doctor
