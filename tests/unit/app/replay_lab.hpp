#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/commands/replay_decision.hpp"
#include "app/config/shipped_alerts.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "policy/advances.hpp"

// What the daemon decided, put down as it puts it down, and decided anew.
namespace canaryd::app::testing {

inline Config config_with(std::vector<policy::Policy> policies) {
  Config config;
  config.alerts = shipped_alerts();
  config.policies = std::move(policies);
  return config;
}

inline audit::AlertRef alert_ref(const std::string& name, std::optional<Revision> revision, std::optional<int> percent,
                                 WallTime starts_at) {
  audit::AlertRef ref{name, "firing", "0123456789abcdef", to_rfc3339(starts_at), "0.12", {}};
  ref.labels = {{"alertname", name}, {"namespace", "ml"}, {"inferenceservice", "iris"}};
  if (revision) ref.labels.emplace_back("revision", revision->str());
  if (percent) ref.labels.emplace_back("percent", std::to_string(*percent));
  return ref;
}

inline alert::Alert alert_of(const audit::AlertRef& ref) {
  alert::Alert alert;
  alert.status = ref.status == "resolved" ? alert::AlertStatus::resolved : alert::AlertStatus::firing;
  alert.labels.insert(ref.labels.begin(), ref.labels.end());
  alert.starts_at = *parse_rfc3339(ref.starts_at);
  alert.fingerprint = ref.fingerprint;
  return alert;
}

// A record of a decision as src/engine/records.cpp writes it.
inline audit::Record record_of(const policy::Decision& decision, const traffic::Rollout& rollout,
                               const std::string& action, audit::AlertRef ref) {
  audit::Record record;
  record.kind = decision.verdict == policy::Verdict::act ? audit::Kind::intent : audit::Kind::decision;
  record.id = "id-1";
  record.target = audit::TargetRef{"ml", "iris", "uid-1"};
  record.alerts = {std::move(ref)};
  record.action = action;
  record.verdict = name_of(decision.verdict);
  record.reason = name_of(decision.reason);
  record.actor = "token:alertmanager";
  for (const auto& guard : decision.guards) {
    record.guards.push_back({std::string(name_of(guard.reason)), guard.passed, guard.detail, guard.overridden});
  }
  const auto change = [&](traffic::Component kind, int to) {
    const auto* c = rollout.find(kind);
    const Revision& stable = policy::in_last_stage(*c) ? c->previous_rolledout : c->latest_rolledout;
    record.changes.push_back(
        {name_of(kind), c->latest_ready.str(), stable.str(), static_cast<int>(c->raw_percent.value_or(-1)), to});
  };
  if (policy::would_act(decision)) {
    for (const auto kind : decision.components) change(kind, 0);
    if (decision.step) change(decision.step->component, decision.step->to.value_or(-1));
  }
  if (decision.step && !decision.step->to && record.action == "advance" && record.kind == audit::Kind::intent) {
    record.action = "promote";
  }
  return record;
}

inline PastAlert past_of(audit::Record record, WallTime at) {
  const auto alert = alert_of(record.alerts.at(0));
  const auto actor = record.actor;
  return {"log:1", at, alert, {Namespace("ml"), ServiceName("iris")}, actor, std::move(record)};
}

inline Replayed replayed(const Config& config, const PastAlert& past) {
  auto rows = Replay(config).decide({past});
  REQUIRE(rows.size() == 1);
  return rows[0];
}

// A notification's alert, about which no record says anything.
inline PastAlert delivered(const audit::AlertRef& ref) {
  const auto alert = alert_of(ref);
  return {"n.json", alert.starts_at, alert, {}, {}, std::nullopt};
}

}  // namespace canaryd::app::testing
