#include "model_prometheus.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace canaryd::property {

namespace {

using prometheus::Sample;

// The names in {revision=~"a|b"}: revisions of the model have no dots.
std::vector<std::string> revisions_in(const std::string& promql) {
  const std::string key = "revision=~\"";
  const auto begin = promql.find(key);
  std::vector<std::string> names;
  if (begin == std::string::npos) return names;
  std::string name;
  for (auto at = begin + key.size(); at < promql.size(); ++at) {
    if (promql[at] == '|' || promql[at] == '"') {
      if (!name.empty()) names.push_back(std::exchange(name, ""));
      if (promql[at] == '"') break;
    } else {
      name += promql[at];
    }
  }
  return names;
}

std::string service_in(const std::string& promql) {
  const std::string key = "inferenceservice=\"";
  const auto begin = promql.find(key);
  if (begin == std::string::npos) return "";
  return promql.substr(begin + key.size(), promql.find('"', begin + key.size()) - begin - key.size());
}

// Sick in one way, and with an alert or before one: each question of the gate must do its part.
constexpr int errors = 0;
constexpr int slowness = 1;
constexpr int doubt = 2;
std::int64_t seconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
int way_of(const ModelRevision& revision) { return static_cast<int>(seconds_of(revision.created) % 3); }
bool has_alert(const ModelRevision& revision) { return seconds_of(revision.created) / 3 % 2 == 0; }

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

const char* name_of(PrometheusMood mood) {
  constexpr std::array names{"fine",    "down",         "slow",       "talking nonsense",   "answering NaN",
                             "warning", "of yesterday", "half blind", "seeing few requests"};
  return names[static_cast<std::size_t>(mood)];
}

policy::Measured ModelPrometheus::measured(const std::string& revision, bool stable) const {
  const auto mood = mood_.load();
  if (mood == PrometheusMood::half && stable) return {};
  if (mood == PrometheusMood::not_a_number) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan, nan, nan};
  }
  const auto truth = cluster_.revision(revision);
  const bool sick = truth && truth->sick && mood != PrometheusMood::yesterday;
  const double requests = mood == PrometheusMood::quiet ? 7 : 5000;
  const auto is = [&](int way) { return sick && way_of(*truth) == way; };
  return {requests, is(errors) ? requests * 0.2 : 0, is(slowness) ? 0.9 : 0.1, is(doubt) ? 0.4 : 0.9};
}

// Of one that has all traffic, or is no worse than a sick stable one, only its own errors and its alert show.
bool ModelPrometheus::shows_sickness(const Look& canary) const {
  const auto revision = cluster_.revision(canary.ready);
  const auto stable = cluster_.revision(canary.rolledout);
  if (!revision || !revision->sick) return false;
  const bool alone = canary.percent == 100 || (stable && stable->sick);
  return !alone || has_alert(*revision) || way_of(*revision) == errors;
}

bool ModelPrometheus::has_bad_alert(const std::string& service) const {
  if (mood_.load() == PrometheusMood::yesterday || !cluster_.exists(service)) return false;
  for (const auto& look : cluster_.looks(service)) {
    const auto truth = cluster_.revision(look.ready);
    if (truth && truth->sick && has_alert(*truth) && look.has_canary() && look.share_of(look.ready) > 0) return true;
  }
  return false;
}

policy::GateAnswer ModelPrometheus::judge(const std::string& service, const Look& look,
                                          const policy::Policy& policy) const {
  const auto mood = mood_.load();
  if (mood == PrometheusMood::down || mood == PrometheusMood::slow || mood == PrometheusMood::nonsense ||
      mood == PrometheusMood::warnings) {
    return {policy::GateAnswer::Verdict::unknown, {"unknown: Prometheus did not answer"}, {}};
  }
  policy::Evidence evidence;
  evidence.canary = measured(look.ready, false);
  evidence.stable = measured(look.in_last_stage() ? look.previous : look.rolledout, true);
  if (has_bad_alert(service)) evidence.active_alerts = {"CanaryHighErrorRate"};
  const auto percent = static_cast<int>(look.percent.value_or(-1));
  evidence.percent = mood == PrometheusMood::yesterday ? percent + 1 : percent;
  if (mood == PrometheusMood::not_a_number) evidence.percent = std::numeric_limits<double>::quiet_NaN();
  return policy::judge_gate(evidence, policy, percent);
}

Result<std::vector<Sample>> ModelPrometheus::query(const std::string& promql, SteadyTime deadline) {
  const auto mood = mood_.load();
  if (mood == PrometheusMood::slow) clock_.pass_until(deadline);
  if (mood == PrometheusMood::down || mood == PrometheusMood::slow || clock_.steady() > deadline) {
    return fail(Error::unavailable("no answer from Prometheus"));
  }
  if (mood == PrometheusMood::nonsense) return fail(Error::invalid("expected a vector, got a scalar"));
  if (mood == PrometheusMood::warnings) return fail(Error::invalid("the answer has warnings"));

  std::vector<Sample> samples;
  const std::string service = service_in(promql);
  if (has(promql, "ALERTS{")) {
    if (has_bad_alert(service)) {
      samples.push_back({{{"__name__", "ALERTS"},
                          {"alertname", "CanaryHighErrorRate"},
                          {"alertstate", "firing"},
                          {"namespace", home.str()},
                          {"inferenceservice", service}},
                         1});
    }
    return samples;
  }
  if (has(promql, "canary:rollout:percent")) {
    if (!cluster_.exists(service)) return samples;
    for (const auto& look : cluster_.looks(service)) {
      if (!look.percent || !has(promql, ("component=\"" + look.component + "\"").c_str())) continue;
      const double shift = mood == PrometheusMood::yesterday ? 1 : 0;
      const double share = static_cast<double>(look.share_of(look.ready)) + shift;
      const bool nan = mood == PrometheusMood::not_a_number;
      samples.push_back({{{"revision", look.ready}}, nan ? std::numeric_limits<double>::quiet_NaN() : share});
    }
    return samples;
  }
  const auto revisions = revisions_in(promql);
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    const auto m = measured(revisions[i], i > 0);
    const auto value = has(promql, "canary:error_ratio")       ? m.errors
                       : has(promql, "canary:requests")        ? m.requests
                       : has(promql, "canary:latency_seconds") ? m.latency_p95_seconds
                       : has(promql, "canary:confidence")      ? m.confidence
                                                               : std::nullopt;
    if (value) samples.push_back({{{"revision", revisions[i]}, {"source", "model"}}, *value});
  }
  return samples;
}

}  // namespace canaryd::property
