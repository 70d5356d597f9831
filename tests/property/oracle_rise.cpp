#include <algorithm>

#include "alerts.hpp"
#include "canaryd/base/time_text.hpp"
#include "oracle.hpp"

// Traffic rises with all evidence or not at all: docs/guards.md, written down once more, from the model's side.
namespace canaryd::property {

namespace {

using policy::Reason;

constexpr auto slack = std::chrono::seconds(1);  // times of the API server are whole seconds
constexpr auto warming = std::chrono::minutes(2);
constexpr auto alert_lasts = std::chrono::minutes(5);
constexpr auto state_lasts = std::chrono::seconds(30);

std::optional<std::int64_t> stage_after(const std::vector<int>& stages, std::int64_t percent) {
  for (const int stage : stages) {
    if (stage > percent) return stage;
  }
  return std::nullopt;
}

std::string shown(const std::optional<std::int64_t>& percent) {
  return percent ? std::to_string(*percent) + " %" : std::string("promoted");
}

}  // namespace

struct Oracle::Rise {
  const Write& write;
  const Look& before;
  std::string service;
  std::size_t replica = 0;
  bool by_hand = false;
  std::vector<Reason> overrides;
  std::string text;

  bool may_pass(Reason guard) const {
    return by_hand && std::find(overrides.begin(), overrides.end(), guard) != overrides.end();
  }
};

void Oracle::check_rise(const Write& write, const Look& before, const Look& after) {
  after.percent ? ++rises_ : ++promotions_;
  Rise rise{write, before, write.target.name.str(), replica_of(write.manager), false, {}, ""};
  rise.text = before.ready + " " + shown(before.percent) + " -> " + shown(after.percent);
  // What was asked when it was sent may be over; that it could arrive so late is known to canaryd, and said.
  if (write.late) return;
  const auto& handling = around_.handling;
  if (!handling || handling->replica != rise.replica) {
    return broken("traffic rose out of nothing", rise.text + ", while nothing was asked");
  }
  const auto& ask = handling->ask;
  if (ask && ask->service == rise.service && (ask->verb == Ask::Verb::advance || ask->verb == Ask::Verb::promote)) {
    rise.by_hand = true;
    rise.overrides = ask->overrides;
    if (ask->verb == Ask::Verb::promote && after.percent) broken("a promotion that was a step", rise.text);
  }
  if (after.percent != stage_after(setup_.stages(), before.percent.value_or(100))) {
    broken("another step than to the next stage", rise.text);
  }
  if (!risen_.insert(rise.service).second) broken("more than one stage at a time", rise.text);
  check_alerts(rise);
  check_dwell(rise);
  check_state(rise);
  check_gate(rise);
}

void Oracle::check_alerts(const Rise& rise) {
  const auto& alerts = around_.handling->alerts;
  const bool proven = std::any_of(alerts.begin(), alerts.end(), [&](const alert::Alert& alert) {
    const auto percent = alert.labels.find("percent");
    return is_healthy(alert) && alert.status == alert::AlertStatus::firing && service_of(alert) == rise.service &&
           revision_of(alert) == rise.before.ready && percent != alert.labels.end() &&
           percent->second == std::to_string(rise.before.percent.value_or(-1)) &&
           alert.starts_at <= clock_.now() + std::chrono::seconds(5) && alert.starts_at >= rise.write.before.created;
  });
  if (!rise.by_hand && !proven) broken("a rise without a CanaryHealthy about this revision at this share", rise.text);
  if (!rise.by_hand && !setup_.promotion) broken("a rise although no policy asks for promotion", rise.text);
  if (!rise.by_hand && rise.before.percent == 0) broken("a rise from 0 by an alert", rise.text);
  for (const auto& [fingerprint, heard] : heard_[rise.replica]) {
    if (heard.service == rise.service && clock_.steady() - heard.at < alert_lasts) {
      broken("a rise while a bad alert fires", rise.text);
    }
  }
}

void Oracle::check_dwell(const Rise& rise) {
  const Look& look = rise.before;
  if (look.created != look.ready) broken("a rise while a newer revision is pending", rise.text);
  if (look.share_of(look.ready) != look.percent || !look.route_ready) {
    broken("a rise before the share was in effect", rise.text);
  }
  for (const auto& other : rise.write.before.components) {
    if (other.component != look.component && other.has_canary()) {
      broken("a rise with several components in flight", rise.text);
    }
  }
  if (look.percent == 0 || rise.may_pass(Reason::dwell)) return;
  const auto& shown_since = shown_[rise.service + "/" + look.component];
  const auto revision = cluster_.revision(look.ready);
  const auto since = std::max(shown_since.since, shown_since.percent_written);
  const auto served = clock_.steady() - since;
  const auto ready = revision ? clock_.cluster_now() - revision->changed : std::chrono::microseconds(0);
  if (served + slack < setup_.dwell || ready + slack < setup_.dwell) {
    const auto text = to_text(std::chrono::duration_cast<std::chrono::milliseconds>(served));
    broken("a rise before the dwell was served", rise.text + ", after " + text);
  }
}

void Oracle::check_state(const Rise& rise) {
  const auto& fails_since = around_.state_fails_since;
  const bool may_be_old = fails_since.has_value();
  const bool too_old = fails_since && clock_.steady() - *fails_since > state_lasts + slack;
  if (too_old) broken("a rise without knowing holds and quarantines", rise.text);
  if (!may_be_old && is_held(rise.service) && !rise.may_pass(Reason::held)) broken("a rise while held", rise.text);
  if (!may_be_old && cluster_.state_data().contains("stop")) broken("a rise while stopped", rise.text);
  if (is_quarantined(rise.service, rise.before.ready) && rise.before.percent != 0 && !may_be_old &&
      !rise.may_pass(Reason::quarantined)) {
    broken("a rise of a revision that was rolled back", rise.text);
  }
  if (is_lowered(rise.service, rise.before) && !may_be_old && !rise.may_pass(Reason::lowered_by_hand)) {
    broken("a rise after another manager lowered the share", rise.text);
  }
  if (setup_.is_frozen(clock_.now()) && !rise.may_pass(Reason::frozen)) broken("a rise in a freeze window", rise.text);
  const auto age = clock_.steady() - around_.replicas[rise.replica].started;
  if (age + slack < warming && !rise.may_pass(Reason::warming_up)) broken("a rise just after a start", rise.text);

  std::size_t lately = 0;
  for (const auto& [service, at] : rolled_back_[rise.replica]) {
    lately += clock_.steady() - at + slack < setup_.breaker().window ? 1 : 0;
  }
  if (lately > setup_.max_rollbacks && !rise.may_pass(Reason::breaker_open)) {
    broken("a rise while the breaker is open", rise.text);
  }
}

void Oracle::check_gate(const Rise& rise) {
  if (rise.before.percent == 0) return;
  const bool sick = prometheus_.shows_sickness(rise.before);
  const auto mood = prometheus_.mood();
  // At 100 there is no stable traffic: who sees nothing of the stable revision sees all that counts.
  const bool blind = mood != PrometheusMood::fine && !(mood == PrometheusMood::half && rise.before.percent == 100);
  if (blind && !rise.may_pass(Reason::gate_unknown)) {
    broken("a rise without Prometheus", rise.text + ", it is " + name_of(mood));
  }
  // Nobody overrides a bad alert; who may pass over an unknown gate has not seen it.
  if (!blind && prometheus_.has_bad_alert(rise.service)) broken("a rise while Prometheus has a bad alert", rise.text);
  if (!blind && sick && !rise.may_pass(Reason::gate_failed)) {
    broken("a rise of a sick canary", rise.text);
  }
}

}  // namespace canaryd::property
