#include "kept_back.hpp"

#include <utility>

#include "canaryd/base/text.hpp"
#include "json.hpp"

namespace canaryd::doctor {
namespace {

using alert::Action;
using alert::Labels;

constexpr const char* check = "alertmanager.kept_back";

Action action_of(const Labels& labels, const std::vector<alert::Mapping>& mappings) {
  for (const auto& each : mappings) {
    if (alert::all_match(each.matchers, labels)) return each.action;
  }
  return Action::ignore;
}

std::string shown(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (name == "alertname" || name == "namespace" || name == "inferenceservice") {
      out += (out.empty() ? "" : ", ") + name + "=" + escaped(value, 80);
    }
  }
  return out;
}

std::vector<std::string> texts_of(const Value& list) {
  std::vector<std::string> out;
  for (const auto& each : list.items()) out.push_back(each.text());
  return out;
}

struct Reason {
  std::string by;
  std::string remedy;
};

// What keeps the alert of this group from canaryd, if anything does.
std::optional<Reason> reason_of(const ActiveAlert& alert, const std::set<std::string>& receivers) {
  const auto first = [](const std::vector<std::string>& all) { return escaped(all.front(), 60); };
  if (!alert.silenced_by.empty()) return Reason{"the silence " + first(alert.silenced_by), "end the silence"};
  if (!alert.inhibited_by.empty()) {
    return Reason{"an inhibit rule, because of the alert " + first(alert.inhibited_by),
                  "change the inhibit rule: canaryd route check names it"};
  }
  // Muted is a route, and there are others beside canaryd's.
  if (alert.muted_by.empty() || !receivers.contains(alert.receiver)) return std::nullopt;
  return Reason{"the time interval " + first(alert.muted_by) + " of its route",
                "take mute_time_intervals and active_time_intervals from canaryd's route"};
}

}  // namespace

Result<std::vector<ActiveAlert>> decode_alert_groups(std::string_view json) {
  const auto groups = Value::parse_list(json);
  if (!groups) return fail(groups.error());
  std::vector<ActiveAlert> out;
  for (const auto& group : *groups) {
    const std::string receiver = group["receiver"]["name"].text();
    for (const auto& each : group["alerts"].items()) {
      const Value status = each["status"];
      out.push_back({each["labels"].texts(), receiver, texts_of(status["silencedBy"]), texts_of(status["inhibitedBy"]),
                     texts_of(status["mutedBy"])});
    }
  }
  return out;
}

Findings check_kept_back(const std::vector<ActiveAlert>& alerts, const std::vector<alert::Mapping>& mappings,
                         const std::set<std::string>& receivers) {
  Findings out;
  std::set<Labels> told;  // an alert stands in the group of each route that it takes
  for (const auto& each : alerts) {
    const Action action = action_of(each.labels, mappings);
    const auto reason = action == Action::ignore ? std::nullopt : reason_of(each, receivers);
    if (!reason || !told.insert(each.labels).second) continue;
    out.push_back({check, action == Action::rollback ? Health::fail : Health::warn,
                   "an alert for canaryd fires and is kept from it by " + reason->by + ": " + shown(each.labels),
                   reason->remedy});
  }
  if (out.empty()) out.push_back({check, Health::ok, "no alert for canaryd that fires now is kept back", {}});
  return out;
}

}  // namespace canaryd::doctor
