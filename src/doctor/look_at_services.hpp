#pragma once

#include <string>

#include "canaryd/kube/inspector.hpp"
#include "parts.hpp"

namespace canaryd::doctor {

// Each InferenceService in scope, by a fresh read and a dry run. `stranger`: who asks, where it is not canaryd. Says in
// `sight` which there are.
Findings look_at_services(const Look& look, kube::Inspector& api, const std::string& default_mode,
                          const std::string& stranger, Sight& sight);

}  // namespace canaryd::doctor
