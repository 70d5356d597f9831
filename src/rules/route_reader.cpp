#include <algorithm>
#include <set>
#include <utility>

#include "canaryd/base/text.hpp"
#include "route_config.hpp"
#include "route_fields.hpp"
#include "route_receivers.hpp"

namespace canaryd::rules::route {
namespace {

using std::chrono::milliseconds;

void read_interval(const Fields& fields, const char* key, bool zero, Setting<milliseconds>& out) {
  const auto value = fields.duration(key);
  if (!value) return;
  if (!zero && value->count() == 0) fields.issue(fields.place_of(key), key, "expected more than 0");
  out = {*value, fields.place_of(key)};
}

// An empty list is none, as in Alertmanager: the parent's counts.
void read_group_by(const Fields& fields, Route& route) {
  auto labels = fields.texts("group_by");
  if (labels.empty()) return;
  const bool all = std::find(labels.begin(), labels.end(), "...") != labels.end();
  if (all && labels.size() > 1) {
    fields.issue(fields.place_of("group_by"), "group_by", "expected '...' alone or a list of labels");
  }
  if (std::set(labels.begin(), labels.end()).size() != labels.size()) {
    fields.issue(fields.place_of("group_by"), "group_by", "a label stands twice, expected it once");
  }
  route.group_by_all = all;
  route.group_by = {std::move(labels), fields.place_of("group_by")};
}

Route read_route(const Fields& fields, const Route* parent) {
  Route route;
  if (parent != nullptr) {
    route.receiver = parent->receiver;
    route.group_by = parent->group_by;
    route.group_by_all = parent->group_by_all;
    route.group_wait = parent->group_wait;
    route.group_interval = parent->group_interval;
    route.repeat_interval = parent->repeat_interval;
  }
  route.place = fields.place();
  if (const std::string receiver = fields.text("receiver"); !receiver.empty()) route.receiver = receiver;
  route.matchers = fields.matchers("");
  fields.flag("continue", route.continues);
  read_group_by(fields, route);
  read_interval(fields, "group_wait", true, route.group_wait);
  read_interval(fields, "group_interval", false, route.group_interval);
  read_interval(fields, "repeat_interval", false, route.repeat_interval);
  route.mute_time_intervals = fields.names("mute_time_intervals");
  route.active_time_intervals = fields.names("active_time_intervals");
  for (const auto& child : fields.maps("routes")) route.routes.push_back(read_route(child, &route));
  return route;
}

Route read_root(const Fields& file, std::vector<Issue>& issues) {
  const Fields fields = file.map("route");
  if (!file.has("route")) {
    issues.push_back({{1, 1}, "no route, expected Alertmanager's configuration with the key route"});
    return {};
  }
  Route root = read_route(fields, nullptr);
  if (root.receiver.empty())
    fields.issue(root.place, "receiver", "the root route has none, expected a receiver's name");
  if (!root.matchers.empty()) fields.issue(root.place, "matchers", "expected none: the root route takes every alert");
  if (!root.mute_time_intervals.empty() || !root.active_time_intervals.empty()) {
    fields.issue(root.place, "", "expected neither mute_time_intervals nor active_time_intervals on the root route");
  }
  return root;
}

// The receivers that routes name and that are not there.
void check_receivers(const AlertmanagerConfig& config, const Route& route, std::vector<Issue>& issues) {
  if (!route.receiver.empty() && config.receiver(route.receiver) == nullptr) {
    issues.push_back(
        {route.place, "no receiver is named \"" + escaped(route.receiver, 64) + "\", expected one of `receivers`"});
  }
  for (const auto& child : route.routes) check_receivers(config, child, issues);
}

}  // namespace

const Receiver* AlertmanagerConfig::receiver(const std::string& name) const {
  const auto found =
      std::find_if(receivers.begin(), receivers.end(), [&](const Receiver& each) { return each.name == name; });
  return found == receivers.end() ? nullptr : &*found;
}

AlertmanagerConfig read_config(std::string_view text, std::vector<Issue>& issues) {
  AlertmanagerConfig config;
  const Node file = read_yaml(text, issues);
  if (!issues.empty()) return config;
  const Fields fields(&file, "", issues);
  config.root = read_root(fields, issues);
  config.receivers = read_receivers(fields);
  for (const auto& rule : fields.maps("inhibit_rules")) {
    config.inhibit_rules.push_back(
        {rule.place(), rule.matchers("source_"), rule.matchers("target_"), rule.texts("equal")});
  }
  check_receivers(config, config.root, issues);
  std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) { return a.place < b.place; });
  return config;
}

}  // namespace canaryd::rules::route
