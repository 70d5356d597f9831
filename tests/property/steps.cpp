#include "steps.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "canaryd/base/time_text.hpp"
#include "world.hpp"

namespace canaryd::property {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::milliseconds, 8> times{1s, 10s, 45s, 2min, 4min, 11min, 1h, 24h};

void redeliver(World& w, const Step& s) {
  if (!w.sent.empty()) w.deliver(s.b % w.replicas.size(), {w.sent[s.a % w.sent.size()]});
}

void fail_api(World& w, const Step& s) {
  const auto trouble = static_cast<Trouble>(1 + s.a % static_cast<unsigned>(Trouble::last));
  w.cluster.set_trouble(trouble);
  w.tell(std::string("the API server has trouble: ") + name_of(trouble));
}

void heal_api(World& w) {
  if (w.cluster.trouble() == Trouble::none) return;
  w.tell("the API server is well again");
  w.cluster.set_trouble(Trouble::none);
}

void fail_state(World& w, const Step& s) {
  constexpr std::array kinds{Trouble::unavailable, Trouble::forbidden, Trouble::conflict, Trouble::throttled};
  const auto trouble = kinds[s.a % kinds.size()];
  w.cluster.set_state_trouble(trouble);
  // A conflict is about writes.
  if (trouble == Trouble::conflict) {
    w.around.state_fails_since.reset();
  } else if (!w.around.state_fails_since) {
    w.around.state_fails_since = w.clock.steady();
  }
  w.tell(std::string("canaryd-state cannot be had: ") + name_of(trouble));
}

void heal_state(World& w) {
  if (w.cluster.state_trouble() == Trouble::none) return;
  w.cluster.set_state_trouble(Trouble::none);
  w.around.state_fails_since.reset();
  w.tell("canaryd-state can be had again");
}

void change_prometheus(World& w, PrometheusMood mood) {
  if (w.prometheus.mood() == mood) return;
  w.prometheus.set_mood(mood);
  w.tell(std::string("Prometheus is ") + name_of(mood));
}

void fail_audit(World& w, bool fails) {
  if (w.around.audit_fails == fails) return;
  w.around.audit_fails = fails;
  w.tell(fails ? "the audit log cannot be written" : "the audit log can be written again");
  for (auto& replica : w.replicas) replica->fail_audit(fails);
}

void jump_clock(World& w, const Step& s) {
  constexpr std::array<std::chrono::seconds, 6> jumps{-24h, -1h, -90s, 90s, 20min, 24h};
  const auto by = jumps[s.a % jumps.size()];
  w.clock.jump(by);
  w.tell("canaryd's clock jumps by " + std::to_string(by.count()) + " s");
}

void lose_watch(World& w, const Step& s) {
  const auto replica = s.a % w.replicas.size();
  w.around.replicas[replica].sees = false;
  w.replicas[replica]->lose_watch();
  w.tell("the watch is lost");
}

void catch_up(World& w) {
  w.around.watch_lags = false;
  for (std::size_t i = 0; i < w.replicas.size(); ++i) {
    if (w.around.replicas[i].sees) continue;
    w.around.replicas[i].sees = true;
    w.replicas[i]->list_anew();
  }
  w.tell("the watch catches up");
}

// By a signal, or in the midst of the next request.
void restart(World& w, const Step& s) {
  const auto replica = s.a % w.replicas.size();
  if (s.b % 2 == 0 || w.around.dying) return w.restart(replica);
  const int writes = 1 + static_cast<int>(s.c % 8);
  w.tell("canaryd is to die in the next request, at its write " + std::to_string(writes));
  w.around.dying = replica;
  w.replicas[replica]->die_after(writes);
}

void disturb(World& w, const Step& s) {
  switch (s.act) {
    case Act::api_fails:
      return fail_api(w, s);
    case Act::api_heals:
      return heal_api(w);
    case Act::state_fails:
      return fail_state(w, s);
    case Act::state_heals:
      return heal_state(w);
    case Act::state_edited:
      return edit_state(w, s);
    case Act::prometheus_changes:
      return change_prometheus(w, static_cast<PrometheusMood>(1 + s.a % static_cast<unsigned>(PrometheusMood::last)));
    case Act::prometheus_heals:
      return change_prometheus(w, PrometheusMood::fine);
    case Act::audit_fails:
      return fail_audit(w, true);
    case Act::audit_heals:
      return fail_audit(w, false);
    case Act::restarted:
      return restart(w, s);
    case Act::watch_lags:
      w.around.watch_lags = true;
      return w.tell("the watch lags behind");
    case Act::watch_is_lost:
      return lose_watch(w, s);
    case Act::watch_catches_up:
      return catch_up(w);
    case Act::controllers_lag:
      w.controllers_lag = true;
      return w.tell("KServe and Knative lag behind");
    case Act::controllers_catch_up:
      w.controllers_lag = false;
      return w.tell("KServe and Knative catch up");
    case Act::clock_jumps:
      return jump_clock(w, s);
    case Act::clock_is_corrected:
      w.clock.correct();
      return w.tell("canaryd's clock is right again");
    case Act::stop_file:
      return w.set_stop_file(!w.around.stop_file && s.a % 3 != 0);
    default:
      return;
  }
}

void pass_time(World& w, const Step& s) {
  const auto time = times[s.a % times.size()];
  w.tell(to_text(time) + " pass");
  w.pass(time);
}

}  // namespace

void heal_all(World& w) {
  if (w.around.dying) w.die_if_due(*w.around.dying);
  heal_api(w);
  heal_state(w);
  fail_audit(w, false);
  change_prometheus(w, PrometheusMood::fine);
  w.controllers_lag = false;
  w.cluster.race_once = nullptr;
  w.clock.correct();
  if (w.around.stop_file) w.set_stop_file(false);
  catch_up(w);
}

void perform(World& w, const Step& s) {
  switch (s.act) {
    case Act::time_passes:
      pass_time(w, s);
      break;
    case Act::dwell_and_healthy:
    case Act::healthy:
    case Act::odd_healthy:
    case Act::bad:
    case Act::odd_bad:
    case Act::both:
      send_alert(w, s);
      break;
    case Act::replayed:
      redeliver(w, s);
      break;
    case Act::percent_by_hand:
    case Act::percent_removed:
    case Act::model_applied:
    case Act::annotated:
    case Act::readiness_changes:
    case Act::revision_deleted:
    case Act::service_made_anew:
    case Act::race:
      change_service(w, s);
      break;
    case Act::by_hand:
    case Act::held:
    case Act::released:
      ask_by_hand(w, s);
      break;
    default:
      disturb(w, s);
      break;
  }
  w.settle();
}

}  // namespace canaryd::property
