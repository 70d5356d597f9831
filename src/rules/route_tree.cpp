#include "route_tree.hpp"

#include <algorithm>

namespace canaryd::rules::route {
namespace {

void collect(const Route& route, const alert::Labels& labels, std::vector<const Route*>& out) {
  const std::size_t before = out.size();
  for (const auto& child : route.routes) {
    if (!alert::all_match(child.matchers, labels)) continue;
    collect(child, labels, out);
    if (!child.continues) break;
  }
  if (out.size() == before) out.push_back(&route);
}

void collect_all(const Route& route, std::vector<const Route*>& out) {
  out.push_back(&route);
  for (const auto& child : route.routes) collect_all(child, out);
}

// The routes from `from` down to `wanted`, both with it; false when it is not there.
bool path_to(const Route& from, const Route& wanted, std::vector<const Route*>& path) {
  path.push_back(&from);
  if (&from == &wanted) return true;
  for (const auto& child : from.routes) {
    if (path_to(child, wanted, path)) return true;
  }
  path.pop_back();
  return false;
}

}  // namespace

std::vector<const Route*> routes_of(const Route& root, const alert::Labels& labels) {
  std::vector<const Route*> out;
  if (alert::all_match(root.matchers, labels)) collect(root, labels, out);
  return out;
}

std::vector<const Route*> all_routes(const Route& root) {
  std::vector<const Route*> out;
  collect_all(root, out);
  return out;
}

Obstacle obstacle(const Route& root, const Route& wanted, const alert::Labels& labels) {
  std::vector<const Route*> path;
  path_to(root, wanted, path);
  const alert::Matcher* failed = nullptr;
  const Route* failed_at = nullptr;
  for (const Route* const step : path) {
    for (const auto& matcher : step->matchers) {
      if (matcher.matches(labels) || (failed != nullptr && matcher.label() != "alertname")) continue;
      failed = &matcher;
      failed_at = step;
    }
  }
  if (failed != nullptr) return {Obstacle::Kind::no_match, failed_at, failed};
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    for (const auto& sibling : path[i]->routes) {
      if (&sibling == path[i + 1]) break;
      if (!sibling.continues && alert::all_match(sibling.matchers, labels)) {
        return {Obstacle::Kind::taken_before, &sibling, nullptr};
      }
    }
  }
  const auto child = std::find_if(wanted.routes.begin(), wanted.routes.end(),
                                  [&](const Route& each) { return alert::all_match(each.matchers, labels); });
  return {Obstacle::Kind::taken_below, child == wanted.routes.end() ? &wanted : &*child, nullptr};
}

}  // namespace canaryd::rules::route
