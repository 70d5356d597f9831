#include <array>

#include "steps.hpp"

// What Alertmanager brings, or someone who says so.
namespace canaryd::property {

namespace {

using namespace std::chrono_literals;

constexpr std::array bad_names{"CanaryHighErrorRate", "CanaryFailing", "CanaryHighLatency"};

std::string share_of(const Look& look) { return look.percent ? std::to_string(*look.percent) : "100"; }

alert::Alert genuine(const World& w, const Place& place) {
  return make_alert("CanaryHealthy", place.service, place.look.ready, share_of(place.look),
                    w.clock.cluster_now() - 1min);
}

alert::Alert bad(const World& w, const Step& s, const Place& place) {
  return make_alert(bad_names[s.b % bad_names.size()], place.service, place.look.ready, share_of(place.look),
                    w.clock.cluster_now() - 10s);
}

// A shared cause: one notification about every service.
std::vector<alert::Alert> bad_for_all(const World& w, const Step& s) {
  std::vector<alert::Alert> alerts;
  for (const auto& name : w.cluster.names()) {
    const Look look = w.cluster.looks(name)[0];
    alerts.push_back(bad(w, s, {name, look.component, look}));
  }
  return alerts;
}

// Forged, late, about something else: nothing of it may move traffic up.
alert::Alert odd_healthy(const World& w, const Step& s, const Place& place) {
  const Look& look = place.look;
  auto alert = genuine(w, place);
  const auto with = [&](const std::string& revision, const std::string& percent) {
    return make_alert("CanaryHealthy", place.service, revision, percent, w.clock.cluster_now() - 1min);
  };
  switch (s.b % 7) {
    case 0:
      return with(look.ready, std::to_string(look.percent.value_or(100) + 5));
    case 1:
      return with(look.rolledout, share_of(look));
    case 2:
      return with("", share_of(look));
    case 3:
      return with(look.ready, "");
    case 4:
      alert.status = alert::AlertStatus::resolved;
      return alert;
    case 5:
      alert.starts_at = w.clock.cluster_now() + 1h;
      return alert;
    default:
      return with(look.created, share_of(look));
  }
}

alert::Alert odd_bad(const World& w, const Step& s, const Place& place) {
  const Look& look = place.look;
  auto alert = bad(w, s, place);
  switch (s.c % 5) {
    case 0:
      return make_alert(bad_names[0], place.service, "", "", w.clock.cluster_now() - 10s);
    case 1:
      return make_alert(bad_names[0], place.service, look.rolledout, "", w.clock.cluster_now() - 10s);
    case 2:
      alert.starts_at = w.clock.cluster_now() - 240h;
      return alert;
    case 3:
      alert.status = alert::AlertStatus::resolved;
      return alert;
    default:
      return make_alert(bad_names[1], place.service, look.created, "", w.clock.cluster_now() - 10s);
  }
}

}  // namespace

void send_alert(World& w, const Step& s) {
  if (s.act == Act::dwell_and_healthy) w.pass(w.setup.dwell + 5s);
  const auto place = place_of(w, s);
  if (!place) return;
  const auto replica = s.c / 8 % w.replicas.size();
  switch (s.act) {
    case Act::dwell_and_healthy:
      // A bad alert that rolls nothing back, and is known all the same.
      if (s.b % 5 == 1) w.deliver(replica, {odd_bad(w, s, *place)});
      w.deliver(replica, {s.b % 5 == 0 ? odd_healthy(w, {s.act, s.a, s.b / 5, s.c}, *place) : genuine(w, *place)});
      return;
    case Act::healthy:
      w.deliver(replica, {genuine(w, *place)});
      return;
    case Act::odd_healthy:
      w.deliver(replica, {odd_healthy(w, s, *place)});
      return;
    case Act::bad:
      w.deliver(replica, s.c % 5 == 4 ? bad_for_all(w, s) : std::vector{bad(w, s, *place)});
      return;
    case Act::odd_bad:
      w.deliver(replica, {odd_bad(w, s, *place)});
      return;
    default:
      w.deliver(replica, {genuine(w, *place), bad(w, s, *place)});
      return;
  }
}

}  // namespace canaryd::property
