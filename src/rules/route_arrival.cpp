#include <algorithm>
#include <optional>

#include "canaryd/base/text.hpp"
#include "route_checks.hpp"
#include "route_matchers.hpp"

namespace canaryd::rules::route {
namespace {

std::string on_line(const Place& place) { return "on line " + std::to_string(place.line); }

// A route that asks for other alert names is further from the alert than one that asks for other labels.
int rank(const Obstacle& obstacle) {
  const bool other_name = obstacle.matcher != nullptr && obstacle.matcher->label() == "alertname";
  return static_cast<int>(obstacle.kind) + (other_name ? 1 : 0);
}

// Of all routes to canaryd the one that the alert is nearest to.
void explain(const Scene& scene, std::size_t index, Findings& findings) {
  const alert::Labels& labels = scene.alerts[index].labels;
  const Route* target = nullptr;
  std::optional<Obstacle> nearest;
  for (const Route* const route : all_routes(scene.config.root)) {
    if (!scene.is_canaryds(*route)) continue;
    const Obstacle found = obstacle(scene.config.root, *route, labels);
    if (!nearest || rank(found) < rank(*nearest)) {
      nearest = found;
      target = route;
    }
  }
  if (!nearest) {
    findings.add(index, Severity::error, "no_route", scene.config.root.place,
                 "no route leads to canaryd's receiver; `canaryd route print` prints one");
    return;
  }
  const Route& at = *nearest->at;
  if (nearest->kind == Obstacle::Kind::taken_before) {
    findings.add(index, Severity::error, "swallowed", at.place,
                 "does not arrive: this route takes it to " + receivers_from(at, labels) +
                     " and has no `continue: true`, before canaryd's route " + on_line(target->place) +
                     " is asked; put canaryd's route above it");
  } else if (nearest->kind == Obstacle::Kind::taken_below) {
    findings.add(index, Severity::error, "taken_by_child", at.place,
                 "does not arrive: this route below canaryd's " + on_line(target->place) + " takes it to " +
                     receivers_from(at, labels) + "; move it out of canaryd's route");
  } else {
    const std::string whose = nearest->at == target ? "canaryd's route" : "the route around canaryd's";
    findings.add(index, Severity::error, "not_matched", at.place,
                 "does not arrive: the matcher " + shown(*nearest->matcher) + " of " + whose +
                     " leaves it out, and it goes to " + receivers_from(scene.config.root, labels));
  }
}

void check_company(const Scene& scene, std::size_t index, const std::vector<const Route*>& sending, const Route& ours,
                   Findings& findings) {
  const auto action = scene.alerts[index].action;
  const Route* other = nullptr;
  for (const Route* const route : sending) {
    const Receiver* const receiver = scene.config.receiver(route->receiver);
    if (!scene.is_canaryds(*route) && receiver != nullptr && receiver->tells_someone) other = route;
  }
  if (action == alert::Action::heartbeat && other != nullptr) {
    findings.add(index, Severity::warning, "heartbeat_told", other->place,
                 "goes on to " + quoted(other->receiver) + ", where it fires always; give canaryd's route for it, " +
                     on_line(ours.place) + ", no `continue`");
  }
  if (action == alert::Action::advance && other != nullptr) {
    findings.add(index, Severity::warning, "advance_told", other->place,
                 "goes on to " + quoted(other->receiver) +
                     ", where a healthy canary is no news; give canaryd's route " + "for it, " + on_line(ours.place) +
                     ", no `continue`");
  }
  if (action != alert::Action::rollback || other != nullptr) return;
  findings.add(index, Severity::warning, "nobody_told", ours.place,
               ours.continues ? "comes to canaryd and to nobody else: no route below this one takes it to a receiver "
                                "that tells someone, and the root's own receiver gets only what no route takes; end "
                                "the routes with one for people"
                              : "comes to canaryd and to nobody else: this route has no `continue: true`");
}

}  // namespace

std::string quoted(const std::string& text) { return "\"" + escaped(text, 128) + "\""; }

std::string receivers_from(const Route& route, const alert::Labels& labels) {
  std::string out;
  std::set<std::string> seen;
  for (const Route* const each : routes_of(route, labels)) {
    if (seen.insert(each->receiver).second) out += (out.empty() ? "" : ", ") + quoted(each->receiver);
  }
  return out;
}

void check_arrival(const Scene& scene, std::size_t alert, const std::vector<const Route*>& sending,
                   Findings& findings) {
  std::vector<const Route*> ours;
  for (const Route* const route : sending) {
    if (scene.is_canaryds(*route)) ours.push_back(route);
  }
  if (ours.empty()) {
    explain(scene, alert, findings);
    return;
  }
  check_company(scene, alert, sending, *ours.front(), findings);
}

}  // namespace canaryd::rules::route
