#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/doctor/finding.hpp"

namespace canaryd::doctor {

// Who keeps an InferenceService as it is: told by the labels and annotations that these tools leave, and by the names
// of their field managers.
struct Ownership {
  std::string tool;         // "Argo CD", "Flux", "Helm"; empty: none
  std::string what;         // its Application, Kustomization, HelmRelease: escaped; may be empty
  bool of_percent = false;  // one of its field managers owns canaryTrafficPercent
  std::string other;        // the manager that owns it in the tool's place: escaped; empty: none
};

// Errors: `invalid`.
Result<Ownership> ownership_of(std::string_view object_json);

// nullopt: no tool keeps it. `has_percent`: the object has a canaryTrafficPercent.
std::optional<Finding> check_owner(const Target& target, const Ownership& owner, bool has_percent);

}  // namespace canaryd::doctor
