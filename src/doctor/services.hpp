#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "ownership.hpp"

// What there is to say of one InferenceService. Pure.
namespace canaryd::doctor {

// A dry run of a patch that moves nothing but traffic.
struct DryRun {
  Health status = Health::unknown;   // ok: admitted; fail: refused; unknown: not asked, or no answer
  std::string refusal;               // of fail and unknown, escaped
  std::vector<std::string> changed;  // what admission would change beyond the traffic: paths
};

struct ServiceFacts {
  traffic::Rollout rollout;
  Ownership owner;
  DryRun rollback;
  std::vector<traffic::RevisionFacts> revisions;  // the canaries' and the stable ones', as far as they could be read
};

// The components whose canary a rollback would take back now.
std::vector<traffic::Component> in_flight(const traffic::Rollout& rollout);

// The patch to try: the rollback of what is in flight; else one that changes a percent and nothing else, so that
// admission shows itself before there is a canary.
std::string patch_to_try(const traffic::Rollout& rollout);

// A refusal of a dry run, for whom it means something.
DryRun refused(const Error& error);

// `default_mode`: the cluster's, empty where it is not known.
Findings check_service(const ServiceFacts& facts, const std::vector<policy::Policy>& policies,
                       const std::string& default_mode);

}  // namespace canaryd::doctor
