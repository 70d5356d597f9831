#pragma once

#include <string>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/rollout.hpp"

// Rollouts and signals as facts about KServe write them: created / ready / rolled out / previous, by the last digit.
namespace canaryd::policy::testing {

inline WallTime at(const std::string& time) { return *parse_rfc3339("2026-08-01T" + time + "Z"); }

inline Revision rev(int number, const std::string& component = "predictor") {
  return number == 0 ? Revision() : Revision("iris-" + component + "-0000" + std::to_string(number));
}

struct Numbers {
  int created = 0;
  int ready = 0;
  int rolledout = 0;
  int previous = 0;
};

inline traffic::ComponentRollout component(std::optional<int> percent, Numbers n,
                                           traffic::Component kind = traffic::Component::predictor) {
  const std::string name = traffic::name_of(kind);
  traffic::ComponentRollout c;
  c.component = kind;
  c.raw_percent = percent;
  if (percent) c.percent = Percent::from(*percent);
  c.latest_created = rev(n.created, name);
  c.latest_ready = rev(n.ready, name);
  c.latest_rolledout = rev(n.rolledout, name);
  c.previous_rolledout = rev(n.previous, name);
  const int share = percent.value_or(100);
  c.traffic = {{c.latest_ready, share, ""}};
  if (share < 100) c.traffic.push_back({c.latest_rolledout, 100 - share, "prev"});
  c.route = {traffic::ConditionStatus::is_true, "", ""};
  c.ready = {traffic::ConditionStatus::is_true, "", ""};
  c.percent_since = at("11:00:00");
  return c;
}

inline traffic::Rollout rollout(std::optional<int> percent, Numbers n) {
  traffic::Rollout r;
  r.target = {Namespace("ml"), ServiceName("iris")};
  r.uid = Uid("uid-1");
  r.generation = 5;
  r.mode = traffic::Mode::knative;
  r.components = {component(percent, n)};
  return r;
}

inline alert::Signal bad_alert(const std::optional<Revision>& revision, const std::string& starts_at = "11:55:00") {
  alert::Signal signal;
  signal.action = alert::Action::rollback;
  signal.target = Target{Namespace("ml"), ServiceName("iris")};
  signal.revision = revision;
  signal.alert.status = alert::AlertStatus::firing;
  signal.alert.labels = {{"alertname", "CanaryHighErrorRate"}};
  signal.alert.starts_at = at(starts_at);
  signal.alert.fingerprint = "0123456789abcdef";
  return signal;
}

inline Policy default_policy() {
  Policy policy;
  policy.name = "default";
  return policy;
}

inline Circumstances noon() {
  Circumstances circumstances;
  circumstances.now = at("12:00:00");
  return circumstances;
}

}  // namespace canaryd::policy::testing
