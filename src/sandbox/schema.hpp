#pragma once

#include <string>

#include "failure.hpp"
#include "json.hpp"

namespace canaryd::sandbox {

// What the API server checks of an InferenceService with KServe's CRD, as far as clients of canaryd's kind can meet it:
// names below spec and below each component, and the types of the traffic fields. Unknown fields are dropped, or with
// `strict` (fieldValidation=Strict) refused. The range of canaryTrafficPercent is not the schema's: 150 passes.
// `name`: of the object, for the message.
Outcome<Json> checked_service(Json object, const std::string& name, bool strict);

}  // namespace canaryd::sandbox
