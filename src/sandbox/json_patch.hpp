#pragma once

#include "failure.hpp"
#include "json.hpp"

namespace canaryd::sandbox {

// RFC 6902 as kube-apiserver applies it: any failure is one 422 that does not say which operation failed; `test` with
// null passes on an absent member of a present object, and `replace` creates one; a body that is no patch is a 400. All
// or nothing.
Outcome<Json> apply_json_patch(const Json& object, std::string_view body);

// RFC 7386.
Outcome<Json> apply_merge_patch(const Json& object, std::string_view body);

}  // namespace canaryd::sandbox
