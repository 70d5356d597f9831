#include "route_walk.hpp"

#include <algorithm>

namespace canaryd::rules::route {
namespace {

using Losses = std::vector<Loss>;

void append(Losses& to, const Losses& more) { to.insert(to.end(), more.begin(), more.end()); }

class Walker {
 public:
  Walker(const std::set<std::string>& receivers, Walk& out) : receivers_(receivers), out_(out) {}

  // Those of the alerts that are lost in a route that they have come to.
  Losses enter(const Route& route, AlertSet alerts) {
    Losses lost;                      // for good
    Losses going_on;                  // lost so far, with further routes to come
    std::vector<const Route*> tried;  // where those were
    Losses below;  // not canaryd's own, although it is canaryd's route, because a child has taken them on
    for (const Route& child : route.routes) {
      const Truth truth = alerts.of(child.matchers);
      if (truth == Truth::none) continue;
      const auto only = truth == Truth::all ? std::vector<alert::Matcher>{} : alerts.undecided(child.matchers);
      const Losses inside = leads_to_canaryd(child) ? enter_ours(child, alerts.with(child.matchers), only)
                                                    : enter_other(route, child, alerts, only);
      if (child.continues && !inside.empty()) {
        if (leads_to_canaryd(child)) {
          append(going_on, inside);
          tried.push_back(&child);
        }
        if (is_canaryds(route)) below.push_back({Loss::Kind::taken_below, &child, &route, only});
        continue;
      }
      const bool told = nothing_but_left_over(inside) && all_in_one(alerts, tried);
      if (!told) append(lost, inside);
      if (truth == Truth::all) {
        if (!inside.empty()) append(lost, going_on);
        return lost;
      }
      alerts = alerts.without(child.matchers);
    }
    append(lost, rest(route, going_on, below));
    return lost;
  }

 private:
  bool is_canaryds(const Route& route) const { return receivers_.contains(route.receiver); }

  bool leads_to_canaryd(const Route& route) const {
    return is_canaryds(route) || std::any_of(route.routes.begin(), route.routes.end(),
                                             [&](const Route& child) { return leads_to_canaryd(child); });
  }

  static bool nothing_but_left_over(const Losses& losses) {
    return std::all_of(losses.begin(), losses.end(),
                       [](const Loss& loss) { return loss.kind == Loss::Kind::left_over; });
  }

  // Whether all have been in one of the routes, and what became of them there says why they are lost.
  static bool all_in_one(const AlertSet& alerts, const std::vector<const Route*>& routes) {
    return std::any_of(routes.begin(), routes.end(),
                       [&](const Route* route) { return alerts.of(route->matchers) == Truth::all; });
  }

  Losses enter_ours(const Route& child, const AlertSet& alerts, const std::vector<alert::Matcher>& only) {
    if (!only.empty()) out_.parts.push_back({&child, only});
    Losses lost = enter(child, alerts);
    for (auto& loss : lost) loss.only.insert(loss.only.begin(), only.begin(), only.end());
    return lost;
  }

  // A child that canaryd gets nothing from.
  Losses enter_other(const Route& route, const Route& child, const AlertSet& alerts,
                     const std::vector<alert::Matcher>& only) const {
    const auto after = route.routes.begin() + (&child - route.routes.data()) + 1;
    const AlertSet taken = alerts.with(child.matchers);
    const auto later = std::find_if(after, route.routes.end(), [&](const Route& each) {
      return leads_to_canaryd(each) && taken.of(each.matchers) != Truth::none;
    });
    if (later != route.routes.end()) return {{Loss::Kind::swallowed, &child, &*later, only}};
    if (is_canaryds(route)) return {{Loss::Kind::taken_below, &child, &route, only}};
    return {{Loss::Kind::left_over, &child, nullptr, only}};
  }

  // What becomes of those that no child has kept.
  Losses rest(const Route& route, const Losses& going_on, const Losses& below) {
    if (!is_canaryds(route)) {
      Losses out = going_on;
      out.push_back({Loss::Kind::left_over, &route, nullptr, {}});
      return out;
    }
    out_.visited.insert(&route);
    Losses out = below;
    const bool limited = !route.mute_time_intervals.empty() || !route.active_time_intervals.empty();
    if (limited) out.push_back({Loss::Kind::muted, &route, nullptr, {}});
    return out;
  }

  const std::set<std::string>& receivers_;
  Walk& out_;
};

}  // namespace

Walk walk(const Route& root, const AlertSet& alerts, const std::set<std::string>& receivers) {
  Walk out;
  Walker walker(receivers, out);
  out.losses = walker.enter(root, alerts);
  return out;
}

}  // namespace canaryd::rules::route
