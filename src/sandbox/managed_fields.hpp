#pragma once

#include <string>

#include "json.hpp"

namespace canaryd::sandbox {

struct Manager {
  std::string name;
  std::string api_version;
  bool status = false;  // wrote through the status subresource
  std::string time;     // RFC 3339, whole seconds
};

// Sets `after`'s metadata.managedFields from `before`'s (null for a new object) as kube-apiserver's field manager does
// for Update operations: who changes or adds a value owns it from now on and loses it to nobody else's same value; an
// entry's time moves only when its manager took something; what is removed nobody owns; an entry without fields is
// gone.
void update_managed_fields(const Json& before, Json& after, const Manager& manager);

}  // namespace canaryd::sandbox
