#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::traffic {

// The JSON Patch (RFC 6902) that takes the canary of each of `components` to 0, guarded: `test` operations on
// /metadata/uid, /metadata/generation, each component's expected percent, latestReadyRevision and
// latestRolledoutRevision and, from stage 100 (latestReady == latestRolledout), latestCreatedRevision and
// previousRolledoutRevision too. A test on generation alone does not protect: an annotation makes a new revision
// without moving it. The other components with a percent are tested to be as they were seen, since a canary that
// appeared there would have been part of the decision. Pure. Requires that each component is in `rollout` and has a
// percent.
std::string rollback_patch(const Rollout& rollout, const std::vector<Component>& components);

// The JSON Patch of one step of one component's canary, to `to` percent, or without it to no field at all. The same
// tests, and latestCreatedRevision always. Pure. Requires that the component is in `rollout` and has a percent.
std::string step_patch(const Rollout& rollout, Component component, std::optional<int> to);

// Whether a patch made for `seen` would pass its tests on `now`. A failed test and a schema violation are the
// same 422: this tells them apart. Pure.
bool passes_same_tests(const Rollout& seen, const Rollout& now);

// What differs between two versions of an object beyond canaryTrafficPercent, status, managedFields, generation and
// resourceVersion: paths such as "/spec/predictor/minReplicas", at most 20. What admission changed on the way.
Result<std::vector<std::string>> changed_beyond_traffic(std::string_view before_json, std::string_view after_json);

}  // namespace canaryd::traffic
