#include <algorithm>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "route_checks.hpp"

namespace canaryd::rules::route {
namespace {

using std::chrono::milliseconds;

// What the shipped route has; docs/alertmanager.md gives the reasons.
constexpr milliseconds longest_group_interval = std::chrono::minutes(1);
constexpr milliseconds longest_repeat = std::chrono::minutes(1);

// Where a value comes from, when it does not stand in the route itself.
template <class T>
std::string origin(const Route& route, const Setting<T>& setting) {
  if (!setting.place) return " (Alertmanager's default)";
  if (setting.place->line < route.place.line)
    return " (inherited from line " + std::to_string(setting.place->line) + ")";
  return {};
}

template <class T>
Place place_of(const Route& route, const Setting<T>& setting) {
  return setting.place && setting.place->line >= route.place.line ? *setting.place : route.place;
}

// A repetition goes out with the first flush of the group after repeat_interval, and flushes are group_interval apart.
// With one exactly a multiple of the other, the flush comes a moment too early or too late, at random.
milliseconds repeats_after(const Route& route) {
  const auto flush = route.group_interval.value.count();
  return milliseconds((route.repeat_interval.value.count() / flush + 1) * flush);
}

std::vector<std::string> missing_labels(const Route& route, const Wanted& alert) {
  std::vector<std::string> missing;
  if (route.group_by_all || alert.action == alert::Action::heartbeat) return missing;
  for (const auto& label : {std::string("alertname"), alert.target.ns, alert.target.name, alert.target.revision}) {
    const auto& has = route.group_by.value;
    // A label that the alert does not have cannot tell two of them apart.
    if (alert.labels.contains(label) && std::find(has.begin(), has.end(), label) == has.end()) missing.push_back(label);
  }
  return missing;
}

void check_grouping(const Route& route, const Scene& scene, std::size_t index, Findings& findings) {
  const auto missing = missing_labels(route, scene.alerts[index]);
  if (missing.empty()) return;
  std::string names;
  for (const auto& label : missing) names += (names.empty() ? "" : ", ") + escaped(label, 64);
  findings.add(index, Severity::warning, "group_by", place_of(route, route.group_by),
               "may come late: group_by" + origin(route, route.group_by) + " lacks " + names +
                   ", and a new alert in a group that exists waits for its next flush, up to group_interval, " +
                   to_text(route.group_interval.value) + "; group by alertname and the target's labels");
}

}  // namespace

void check_timing(const Scene& scene, std::size_t alert, const std::set<const Route*>& ours, Findings& findings) {
  for (const Route* const route : ours) {
    check_grouping(*route, scene, alert, findings);
    const auto& wait = route->group_wait;
    if (wait.value.count() > 0) {
      findings.add(alert, Severity::warning, "group_wait", place_of(*route, wait),
                   "comes " + to_text(wait.value) + " late: group_wait" + origin(*route, wait) +
                       " holds the first notification back; set 0s");
    }
    const auto& interval = route->group_interval;
    if (interval.value > longest_group_interval) {
      findings.add(alert, Severity::warning, "group_interval", place_of(*route, interval),
                   "changes come late: group_interval is " + to_text(interval.value) + origin(*route, interval) +
                       ", and what failed to be delivered is tried again only then; set 1m");
    }
    if (interval.value.count() == 0 || repeats_after(*route) <= longest_repeat) continue;
    const auto& repeat = route->repeat_interval;
    findings.add(alert, Severity::warning, "repeat_interval", place_of(*route, repeat),
                 "is repeated only after up to " + to_text(repeats_after(*route)) + ": repeat_interval is " +
                     to_text(repeat.value) + origin(*route, repeat) +
                     ", rounded up to the next flush, and flushes are " + to_text(interval.value) +
                     " apart; set repeat_interval: 50s and group_interval: 1m");
  }
}

}  // namespace canaryd::rules::route
