#include "alerts.hpp"

#include <functional>

#include "canaryd/base/time_text.hpp"

namespace canaryd::property {

namespace {

std::string label(const alert::Alert& alert, const std::string& name) {
  const auto found = alert.labels.find(name);
  return found == alert.labels.end() ? std::string() : found->second;
}

}  // namespace

alert::Alert make_alert(const std::string& name, const std::string& service, const std::string& revision,
                        const std::string& percent, WallTime starts_at) {
  alert::Alert alert;
  alert.labels = {{"alertname", name}, {"namespace", "ml"}, {"inferenceservice", service}};
  if (!revision.empty()) alert.labels["revision"] = revision;
  if (!percent.empty()) alert.labels["percent"] = percent;
  alert.starts_at = starts_at;
  std::uint64_t hash = 1469598103934665603U;  // FNV-1a: the same on every machine
  for (const auto& [key, value] : alert.labels) {
    for (const char c : key + "\n" + value + "\n") {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
  }
  for (int digit = 0; digit < 16; ++digit, hash >>= 4U) alert.fingerprint += "0123456789abcdef"[hash & 15U];
  return alert;
}

bool is_healthy(const alert::Alert& alert) { return label(alert, "alertname") == "CanaryHealthy"; }
bool is_bad(const alert::Alert& alert) { return label(alert, "alertname").starts_with("Canary") && !is_healthy(alert); }
std::string service_of(const alert::Alert& alert) { return label(alert, "inferenceservice"); }

std::optional<std::string> revision_of(const alert::Alert& alert) {
  const auto found = alert.labels.find("revision");
  return found == alert.labels.end() ? std::nullopt : std::optional(found->second);
}

std::string text_of(const alert::Alert& alert) {
  std::string text = label(alert, "alertname") + " for " + service_of(alert);
  if (const auto revision = revision_of(alert)) text += " " + *revision;
  if (!label(alert, "percent").empty()) text += " at " + label(alert, "percent") + " %";
  text += ", since " + to_rfc3339(alert.starts_at).substr(11, 8);
  return text + (alert.status == alert::AlertStatus::resolved ? ", resolved" : "");
}

}  // namespace canaryd::property
