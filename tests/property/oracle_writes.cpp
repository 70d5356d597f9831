#include <algorithm>

#include "oracle.hpp"

// What each write of canaryd must be: traffic only, a canary's only, with a cause, and with the effect that was meant.
namespace canaryd::property {

namespace {

constexpr auto cause_lasts = std::chrono::minutes(5) + std::chrono::seconds(10);

std::string shown(const std::optional<std::int64_t>& percent) {
  return percent ? std::to_string(*percent) : std::string("no field");
}

std::string shown(const Look& look) {
  return look.component + " " + look.created + "/" + look.ready + "/" + look.rolledout + "/" + look.previous + " at " +
         shown(look.percent);
}

}  // namespace

void Oracle::wrote(const Write& write) {
  const std::lock_guard lock(cluster_.mutex());
  check_shape(write);
  bool falls = false;
  for (const auto& after : write.after.components) {
    const Look& before = write.before.of(after.component);
    if (before.percent == after.percent) continue;
    const std::string key = write.target.name.str() + "/" + after.component;
    if (!before.percent || !before.has_canary()) {
      broken("a stable revision was touched", "no canary in flight: " + shown(before) + " -> " + shown(after.percent));
    }
    if (after.percent == 0) {
      falls = true;
      check_fall(write, before, after);
    } else if (after.percent && before.percent && *after.percent < *before.percent) {
      check_restart(write, before, after);
    } else {
      check_rise(write, before, after);
    }
    check_outcome(write, before, after);
    percent_of_[key] = after.ready;
    shown_[key].percent_written = clock_.steady();
  }
  if (!falls) return;
  ++rollbacks_;
  rolled_back_[replica_of(write.manager)][write.target.name.str()] = clock_.steady();
  if (!write.late && !has_cause(write)) broken("a rollback without a cause", write.patch);
}

void Oracle::check_shape(const Write& write) {
  if (!write.traffic_only) {
    broken("something else than traffic was written", write.patch);
  }
  if (setup_.observe) broken("a patch in mode observe", write.patch);
  if (write.late) return;  // it was sent before
  if (around_.stop_file) broken("a patch while stopped", write.patch);
  const auto stop = state_since_.find("stop");
  if (stop != state_since_.end() && !around_.state_fails_since &&
      clock_.steady() - stop->second > std::chrono::seconds(40)) {
    broken("a patch while stopped", write.patch);
  }
}

// KServe's model carries it out on a copy: the canary has the share that was written, and the stable one the rest.
void Oracle::check_outcome(const Write& write, const Look& before, const Look& after) {
  const auto settled = cluster_.preview(write.target.name.str());
  if (!settled) return;  // not all targets are Ready: nothing moves
  const Look& then = settled->of(before.component);
  // A template that KServe has not seen yet may become a new revision meanwhile.
  if (!then.route_ready || before.created != before.ready || then.created != before.created) return;
  const std::string& stable = before.in_last_stage() ? before.previous : before.rolledout;
  const std::int64_t wanted = after.percent.value_or(100);
  if (then.share_of(before.ready) == wanted && then.share_of(stable) == 100 - wanted) return;
  broken("the patch has another effect than was meant", shown(before) + " -> " + shown(after.percent) + ": then " +
                                                            before.ready + " has " +
                                                            std::to_string(then.share_of(before.ready)) + " %");
}

void Oracle::check_fall(const Write& write, const Look& before, const Look& /*after*/) {
  quarantined_.insert(write.target.name.str() + "/" + write.before.uid + "/" + before.ready);
  if (!before.in_last_stage()) return;
  const auto previous = cluster_.revision(before.previous);
  if (before.created != before.ready || !previous || previous->deleted ||
      previous->state != ModelRevision::State::ready) {
    broken("a rollback from 100 to a revision that cannot serve", shown(before));
  }
}

// A bad alert about one of these canaries, delivered lately and not resolved; or a person.
bool Oracle::has_cause(const Write& write) const {
  const std::string service = write.target.name.str();
  if (around_.handling && around_.handling->ask) {
    const auto& ask = *around_.handling->ask;
    if (ask.verb == Ask::Verb::rollback && ask.service == service) return true;
  }
  const auto& looks = write.before.components;
  const auto& heard = heard_[replica_of(write.manager)];
  return std::any_of(heard.begin(), heard.end(), [&](const auto& entry) {
    const Heard& alert = entry.second;
    if (alert.service != service || alert.starts_at < write.before.created || clock_.steady() - alert.at > cause_lasts)
      return false;
    if (!alert.revision) return true;
    return std::any_of(looks.begin(), looks.end(), [&](const Look& look) { return look.ready == *alert.revision; });
  });
}

// A new model does not inherit the share that canaryd gave another.
void Oracle::check_restart(const Write& write, const Look& before, const Look& after) {
  const std::string text = shown(before) + " -> " + shown(after.percent);
  const auto earned = percent_of_.find(write.target.name.str() + "/" + before.component);
  if (!setup_.restarts || !setup_.promotion) broken("a share was lowered although restarts are off", text);
  if (after.percent != setup_.stages()[0]) broken("a share was lowered to another than the first stage", text);
  if (!before.in_flight()) broken("a share was lowered without a canary in flight", text);
  if (!before.owner.starts_with("canaryd/") || earned == percent_of_.end() || earned->second == before.ready) {
    broken("a share was lowered that this revision earned", text);
  }
}

}  // namespace canaryd::property
