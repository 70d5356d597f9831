#include "oracle.hpp"

#include <utility>

#include "alerts.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::property {

namespace {
constexpr auto stays_open = std::chrono::minutes(3);         // surely
constexpr auto state_read_every = std::chrono::seconds(10);  // at the most
constexpr auto proof_lasts = std::chrono::seconds(5);
constexpr auto alert_lasts = std::chrono::minutes(5);  // that was not repeated

// An entry's `until`, where it has one that can be read.
std::optional<WallTime> until_of(const std::string& value) {
  constexpr std::string_view key = "\"until\":\"";
  const auto at = value.find(key);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + key.size();
  return parse_rfc3339(std::string_view(value).substr(begin, value.find('"', begin) - begin));
}
}  // namespace

Oracle::Oracle(const Setup& setup, const ManualClock& clock, const ModelCluster& cluster,
               const ModelPrometheus& prometheus, const Surroundings& around)
    : setup_(setup), clock_(clock), cluster_(cluster), prometheus_(prometheus), around_(around) {
  heard_.resize(static_cast<std::size_t>(setup.replicas));
  rolled_back_.resize(heard_.size());
  open_.resize(heard_.size());
}

void Oracle::broken(std::string rule, std::string text) {
  const std::lock_guard lock(cluster_.mutex());
  violations_.push_back({std::move(rule), std::move(text)});
}

std::vector<Violation> Oracle::violations() const {
  const std::lock_guard lock(cluster_.mutex());
  return violations_;
}

void Oracle::delivered(std::size_t replica, const std::vector<alert::Alert>& alerts) {
  const std::lock_guard lock(cluster_.mutex());
  risen_.clear();
  auto& heard = heard_[replica];
  std::erase_if(heard, [&](const auto& entry) { return clock_.steady() - entry.second.at > alert_lasts; });
  for (const auto& alert : alerts) {
    if (!is_bad(alert)) continue;
    if (alert.status == alert::AlertStatus::resolved) {
      heard.erase(alert.fingerprint);
    } else {
      heard[alert.fingerprint] = {service_of(alert), revision_of(alert), alert.starts_at, clock_.steady()};
    }
  }
}

void Oracle::restarted(std::size_t replica) {
  const std::lock_guard lock(cluster_.mutex());
  heard_[replica].clear();
  rolled_back_[replica].clear();
  open_[replica].clear();
}

// What another manager did to a percent: taken lower it is not to rise by itself.
void Oracle::person_changed(const std::string& service, const ServiceLook& before) {
  const std::lock_guard lock(cluster_.mutex());
  bool all_see = !around_.watch_lags;
  for (const auto& replica : around_.replicas) all_see = all_see && replica.sees;
  for (const auto& look : cluster_.looks(service)) {
    const Look& old = before.of(look.component);
    if (look.percent == old.percent) continue;
    const std::string key = service + "/" + look.component;
    percent_of_.erase(key);
    if (look.percent && old.percent && *look.percent < *old.percent && *old.percent <= 100 && *look.percent > 0 &&
        old.in_flight() && all_see) {
      lowered_[key] = look.ready;
    } else {
      lowered_.erase(key);
    }
  }
}

void Oracle::person_wrote_state(const std::string& key, bool is_there) {
  const std::lock_guard lock(cluster_.mutex());
  // A person's own entry, and how long it lasts, stands instead of canaryd's.
  if (key.starts_with("quarantine.")) {
    std::erase_if(quarantined_, [&](const auto& known) { return key.ends_with(known.substr(known.rfind('/') + 1)); });
  }
  if (is_there) {
    state_since_[key] = clock_.steady();
  } else {
    state_since_.erase(key);
    if (key == "stop") stop_ended_ = clock_.steady();
  }
}

void Oracle::released(const std::string& service) {
  const std::lock_guard lock(cluster_.mutex());
  const auto covers = [&](const std::string& key) { return service.empty() || key.starts_with(service + "/"); };
  std::erase_if(quarantined_, covers);
  std::erase_if(lowered_, [&](const auto& entry) { return covers(entry.first); });
}

void Oracle::looked() {
  const std::lock_guard lock(cluster_.mutex());
  for (const auto& name : cluster_.names()) {
    for (const auto& look : cluster_.looks(name)) {
      auto& shown = shown_[name + "/" + look.component];
      const auto share = look.share_of(look.ready);
      if (shown.revision == look.ready && shown.percent == share) continue;
      shown = {look.ready, share, clock_.steady(), shown.percent_written};
    }
  }
}

std::size_t Oracle::replica_of(const std::string& manager) const {
  for (std::size_t i = 0; i < around_.replicas.size(); ++i) {
    if (around_.replicas[i].manager == manager) return i;
  }
  return 0;
}

bool Oracle::is_stopped() const {
  const std::lock_guard lock(cluster_.mutex());
  return around_.stop_file || cluster_.state_data().contains("stop");
}

bool Oracle::may_count_as_stopped() const {
  const auto fails_since = around_.state_fails_since;
  return is_stopped() || clock_.steady() - stop_ended_ < state_read_every ||
         (fails_since && *fails_since - stop_ended_ < state_read_every);
}

bool Oracle::is_held(const std::string& service) const {
  const auto data = cluster_.state_data();
  for (const auto& key : {std::string("hold"), "hold." + home.str(), "hold." + home.str() + "." + service}) {
    if (holds(data, key)) return true;
  }
  return false;
}

bool Oracle::is_quarantined(const std::string& service, const std::string& revision) const {
  const std::lock_guard lock(cluster_.mutex());
  if (holds(cluster_.state_data(), "quarantine." + home.str() + "." + service + "." + revision)) return true;
  return cluster_.exists(service) && quarantined_.contains(service + "/" + cluster_.look(service).uid + "/" + revision);
}

bool Oracle::is_lowered(const std::string& service, const Look& look) const {
  const std::lock_guard lock(cluster_.mutex());
  if (cluster_.state_data().contains("lowered." + home.str() + "." + service + "." + look.component)) return true;
  const auto found = lowered_.find(service + "/" + look.component);
  return found != lowered_.end() && found->second == look.ready;
}

bool Oracle::holds(const std::map<std::string, std::string>& data, const std::string& key) const {
  const auto entry = data.find(key);
  if (entry == data.end()) return false;
  const auto until = until_of(entry->second);
  return !until || *until > clock_.now();
}

// After an answer nothing that a named bad alert asks for may be left undone, but for the four reasons of the table.
void Oracle::answered(std::size_t replica, const std::vector<alert::Alert>& alerts, const Answered& answer) {
  const std::lock_guard lock(cluster_.mutex());
  const bool in_the_way = cluster_.trouble() != Trouble::none || around_.audit_fails || around_.dying;
  for (const auto& alert : alerts) {
    if (is_bad(alert) && cluster_.exists(service_of(alert)))
      check_done(replica, alert, answer, in_the_way, alerts.size());
  }
  if (!in_the_way && answer.status != 200) {
    broken("a notification was refused although nothing was in the way",
           std::to_string(answer.status) + " " + answer.text);
  }
}

void Oracle::check_done(std::size_t replica, const alert::Alert& alert, const Answered& answer, bool in_the_way,
                        std::size_t alerts) {
  const std::string service = service_of(alert);
  const ServiceLook now = cluster_.look(service);
  open_[replica].erase(alert.fingerprint);
  if (alert.status != alert::AlertStatus::firing || alert.starts_at < now.created || setup_.observe) return;
  for (const auto& look : now.components) {
    if (revision_of(alert) != look.ready || !look.in_flight() || look.percent == 0) continue;
    // A copy that a read proved lately is good for a refusal (docs/architecture.md).
    const bool proven_copy = around_.watch_lags && clock_.steady() - cluster_.changed_at(service) <= proof_lasts;
    // What is written after one service was decided about, and before all are, comes after the decision.
    const bool came_after = around_.raced && alerts > 1;
    if (proven_copy || came_after) continue;
    if (answer.text != "connection refused" && !around_.dying) {
      open_[replica][alert.fingerprint] = {service, look.ready, clock_.steady()};
    }
    if (may_count_as_stopped()) continue;
    const std::string left = look.ready + " of " + service + " still has " + std::to_string(*look.percent) +
                             " % in spec after " + alert.labels.at("alertname") + " was answered " +
                             std::to_string(answer.status) + " " + answer.text;
    if (answer.status == 200) broken("a rollback that was acknowledged was not done", left);
    if (answer.status != 200 && !in_the_way) broken("a rollback waited for nothing", left);
  }
}

std::vector<std::pair<std::string, Look>> Oracle::open_rollbacks() const {
  std::vector<std::pair<std::string, Look>> out;
  const std::lock_guard lock(cluster_.mutex());
  for (const auto& replica : open_) {
    for (const auto& [fingerprint, open] : replica) {
      if (clock_.steady() - open.at > stays_open || !cluster_.exists(open.service)) continue;
      for (const auto& look : cluster_.looks(open.service)) {
        if (look.ready == open.revision && look.in_flight() && look.percent != 0) out.emplace_back(open.service, look);
      }
    }
  }
  return out;
}

bool Oracle::is_inherited(const std::string& service, const Look& look) const {
  const std::lock_guard lock(cluster_.mutex());
  const auto earned = percent_of_.find(service + "/" + look.component);
  return look.owner.starts_with("canaryd/") && earned != percent_of_.end() && earned->second != look.ready;
}

}  // namespace canaryd::property
