#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "json.hpp"
#include "model_traffic.hpp"

namespace canaryd::sandbox {

// Reads the members of one JSON object strictly: `problem()` names the first wrong or unknown one and its place
// ("services[0].canary.percent: expected a whole number from 0 to 100").
class Fields {
 public:
  Fields(const Json& object, std::string path);

  std::optional<double> number(const char* name, double low, double high);
  std::optional<std::int64_t> whole(const char* name, std::int64_t low, std::int64_t high);
  std::optional<bool> flag(const char* name);
  std::optional<std::string> label(const char* name);  // a DNS label
  std::optional<std::string> text(const char* name);
  const Json* object(const char* name);
  const Json* list(const char* name);
  // error_ratio, latency_seconds, confidence and dead over those of `base`; nullopt when none of them is there.
  std::optional<Behaviour> behaviour(const Behaviour& base);
  // The same and pods.
  std::optional<Deployment> deployment(const Deployment& base);
  // `ready` (true, false or "unknown") with `reason` and `message`; nullopt when none of them is there.
  std::optional<Health> health();

  std::string path_of(const char* name) const;
  void blame(const std::string& path, const std::string& expected);
  // After all members have been asked for: empty when all is well.
  std::string problem();

 private:
  const Json* find(const char* name);

  const Json& object_;
  std::string path_;
  std::set<std::string> asked_;
  std::string problem_;
};

}  // namespace canaryd::sandbox
