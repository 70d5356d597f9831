#include <algorithm>
#include <array>

#include "steps.hpp"

// Safety alone is easy: do nothing. Once the disturbances end, what is well goes on, and what is sick goes back.
namespace canaryd::property {

namespace {

using namespace std::chrono_literals;

bool is_sick(const World& w, const Look& look) {
  const auto truth = w.cluster.revision(look.ready);
  return truth && truth->sick;
}

void tell_all(World& w, const alert::Alert& alert) {
  for (std::size_t i = 0; i < w.replicas.size(); ++i) w.deliver(i, {alert});
}

// What pages people about a rollback that has not taken effect.
bool has_page(const World& w, const std::string& service, std::size_t from) {
  constexpr std::array pages{"rollback_blocked", "rollback_impossible", "rollback_pending"};
  return std::any_of(w.said.begin() + static_cast<std::ptrdiff_t>(from), w.said.end(), [&](const Said& said) {
    return said.service == service &&
           (said.kind == "unconfirmed" || std::find(pages.begin(), pages.end(), said.reason) != pages.end());
  });
}

void sick_goes_back(World& w, const std::string& service, const std::string& component) {
  const std::string canary = w.cluster.look(service).of(component).ready;
  for (int minute = 0; minute < 4; ++minute) {
    const Look look = w.cluster.look(service).of(component);
    if (look.ready != canary || !look.in_flight()) return;
    tell_all(w, make_alert("CanaryHighErrorRate", service, look.ready, "", w.clock.cluster_now() - 30s));
    w.pass(1min);
  }
  const Look look = w.cluster.look(service).of(component);
  if (look.percent != 0) return w.oracle.broken("a sick canary does not go to 0", look.ready);
  const bool done = look.share_of(look.ready) == 0 && look.route_ready;
  if (!done && !w.said.empty() && !has_page(w, service, 0)) {
    w.oracle.broken("a sick canary keeps its traffic and nobody is told", look.ready);
  }
}

// Whatever is not to go on by itself: docs/guards.md.
bool may_go_on(const World& w, const std::string& service) {
  const auto looks = w.cluster.looks(service);
  const auto canaries = std::count_if(looks.begin(), looks.end(), [](const Look& look) { return look.has_canary(); });
  const auto data = w.cluster.state_data();
  const bool damaged = std::any_of(data.begin(), data.end(), [](const auto& entry) { return entry.second[0] != '{'; });
  if (canaries != 1 || !w.setup.promotion || damaged || w.oracle.is_held(service)) return false;
  if (!w.cluster.preview(service)) return false;  // a revision that traffic is for is gone
  return std::all_of(looks.begin(), looks.end(), [&](const Look& look) {
    if (!look.has_canary()) return true;
    return look.percent > 0 && look.percent <= 100 && look.created == look.ready && !is_sick(w, look) &&
           !w.oracle.is_quarantined(service, look.ready) && !w.oracle.is_lowered(service, look);
  });
}

void healthy_goes_on(World& w, const std::string& service) {
  const auto looks = w.cluster.looks(service);
  const auto canary = std::find_if(looks.begin(), looks.end(), [](const Look& look) { return look.has_canary(); });
  const std::string component = canary->component;
  Answered last;
  // A step for each stage, and as many again: a restart of the share, a freeze window, a clock that was put right.
  for (std::size_t i = 0; i < 2 * w.setup.stages().size() + 8; ++i) {
    w.pass(w.setup.dwell + 30s);
    const Look look = w.cluster.look(service).of(component);
    if (!look.percent) return;
    tell_all(w, make_alert("CanaryHealthy", service, look.ready, std::to_string(*look.percent),
                           w.clock.cluster_now() - 10s));
  }
  const Look look = w.cluster.look(service).of(component);
  if (look.percent) {
    w.oracle.broken("a healthy canary does not get to the end",
                    look.ready + " stands at " + std::to_string(*look.percent) + " %");
  }
}

// Nodes come back, except for what is sick.
void make_ready(World& w, const std::string& service) {
  for (const auto& look : w.cluster.looks(service)) {
    for (const auto& name : {look.created, look.ready, look.rolledout, look.previous}) {
      const auto truth = w.cluster.revision(name);
      if (!truth || truth->sick || truth->deleted) continue;
      w.cluster.set_state(service, look.component, name, ModelRevision::State::ready);
    }
  }
}

// Without a new delivery; an engine's part, since the bare decisions remember nothing.
void open_ones_follow(World& w) {
  if (w.oracle.is_stopped()) return;
  const auto wanted = w.oracle.open_rollbacks();
  if (wanted.empty()) return;
  w.pass(90s);
  for (const auto& [service, before] : wanted) {
    const Look look = w.cluster.look(service).of(before.component);
    if (look.ready != before.ready || !look.in_flight() || look.percent == 0) continue;
    w.oracle.broken("a rollback that could not be done was forgotten", look.ready + " of " + service);
  }
}

// Likewise an engine's part.
void new_ones_begin_anew(World& w, const std::string& service, const Look& look) {
  if (!w.setup.restarts || !w.setup.promotion || !look.in_flight() || look.percent <= w.setup.stages()[0]) return;
  if (w.oracle.is_inherited(service, look)) w.oracle.broken("a new revision kept the share of another", look.ready);
}

}  // namespace

void check_ending(World& w) {
  w.tell("-- the disturbances end --");
  heal_all(w);
  if (!w.said.empty()) open_ones_follow(w);
  for (const auto& service : w.cluster.names()) make_ready(w, service);
  w.pass(3min);
  if (w.oracle.is_stopped() || w.setup.observe) return;
  for (const auto& service : w.cluster.names()) {
    for (const auto& look : w.cluster.looks(service)) {
      if (!w.said.empty()) new_ones_begin_anew(w, service, look);
      if (is_sick(w, look) && look.in_flight()) sick_goes_back(w, service, look.component);
    }
    if (w.oracle.violations().empty() && may_go_on(w, service)) healthy_goes_on(w, service);
  }
}

}  // namespace canaryd::property
