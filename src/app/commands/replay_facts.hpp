#pragma once

#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/policy/advance.hpp"
#include "canaryd/policy/breaker.hpp"
#include "canaryd/policy/decide.hpp"
#include "replay_past.hpp"
#include "replay_record.hpp"

namespace canaryd::app {

// What a rollback is decided on: what the record knows, and a healthy canary where it knows nothing.
struct RollbackFacts {
  RollbackFacts(const PastAlert& past, const alert::Signal& signal, const policy::Policy* policy,
                const policy::Breaker& breaker);

  // The past was stopped by the cluster, before anything that today's configuration would say.
  bool cluster_said(const policy::Decision& today) const;
  // Today's decision needs what the past does not tell.
  bool assumes(const policy::Decision& today) const;

  traffic::Rollout rollout;
  policy::Circumstances circumstances;

 private:
  PastFacts past_;
};

// The same of a step forward.
struct AdvanceCase {
  AdvanceCase(const PastAlert& past, const alert::Signal& signal, const std::vector<std::string>& bad_alerts);

  bool cluster_said(const policy::Decision& today) const;
  // What is assumed, in words; empty: nothing.
  std::string assumption(const policy::Decision& today) const;

  policy::AdvanceRequest request;
  traffic::Rollout rollout;
  policy::AdvanceFacts facts;

 private:
  void take_dwell(WallTime at);
  void take_share(WallTime at);
  bool stopped_by(policy::Reason guard) const { return !past_.passed(guard).value_or(true); }

  PastFacts past_;
  bool knows_all_ = false;  // every guard but the gate was asked
};

}  // namespace canaryd::app
