#pragma once

#include <string>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/traffic/rollout.hpp"

// The rollback of a canary, tried without writing it. Pure.
namespace canaryd::doctor {

// A dry run of a patch that moves nothing but traffic.
struct DryRun {
  Health status = Health::unknown;   // ok: admitted; fail: refused; unknown: not asked, or no answer
  std::string refusal;               // of fail and unknown, escaped
  std::vector<std::string> changed;  // what admission would change beyond the traffic: paths
  std::string stranger;              // who asked, where it was not canaryd
};

// The components whose canary a rollback would take back now.
std::vector<traffic::Component> in_flight(const traffic::Rollout& rollout);

// The patch to try: the rollback of what is in flight; else one that changes a percent and nothing else, so that
// admission shows itself before there is a canary.
std::string patch_to_try(const traffic::Rollout& rollout);

// A dry run that was admitted, with what admission would change beyond the traffic. Where that could not be told,
// nothing is said of it.
DryRun admitted(Result<std::vector<std::string>> changed);
// A refusal of a dry run, for whom it means something.
DryRun refused(const Error& error);

// What it shows. Asked by a stranger it shows nothing of canaryd, whose role and admission policy were not asked.
Finding check_dry_run(const traffic::Rollout& rollout, const DryRun& dry_run);

}  // namespace canaryd::doctor
