#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canaryd/doctor/finding.hpp"
#include "canaryd/policy/policy.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "dry_run.hpp"
#include "ownership.hpp"

// What there is to say of one InferenceService. Pure.
namespace canaryd::doctor {

struct ServiceFacts {
  traffic::Rollout rollout;
  Ownership owner;
  DryRun rollback;
  std::vector<traffic::RevisionFacts> revisions;  // the canaries' and the stable ones', as far as they could be read
};

// `default_mode`: the cluster's, empty where it is not known.
Findings check_service(const ServiceFacts& facts, const std::vector<policy::Policy>& policies,
                       const std::string& default_mode);

}  // namespace canaryd::doctor
