#pragma once

#include <string>
#include <string_view>

#include "canaryd/base/error.hpp"

namespace canaryd::doctor {

// Who keeps an InferenceService as it is: told by the labels and annotations that these tools leave, and by the names
// of their field managers.
struct Ownership {
  std::string tool;         // "Argo CD", "Flux", "Helm"; empty: none
  std::string what;         // its Application, Kustomization, HelmRelease: escaped; may be empty
  bool of_percent = false;  // one of its field managers owns canaryTrafficPercent
};

// Errors: `invalid`.
Result<Ownership> ownership_of(std::string_view object_json);

// What to change so that the tool and canaryd do not undo each other.
std::string gitops_remedy(const std::string& tool);

}  // namespace canaryd::doctor
