#pragma once

#include <string>

#include "failure.hpp"
#include "json.hpp"

namespace canaryd::sandbox {

// A write of an object of the core group, as far as its checks depend on it.
struct CoreWrite {
  std::string name;
  std::string ns;        // of the request
  bool strict = false;   // fieldValidation=Strict: an unknown field is refused, not dropped
  bool patched = false;  // the object was made by a patch
};

// ConfigMap: its name and keys, `data` and `binaryData` hold strings, at most 1 MiB.
Outcome<Json> checked_config_map(Json object, const CoreWrite& write);

// Event (core/v1): its types, its namespace is the involved object's, and what an Event with `eventTime` must have. The
// fields that kube-apiserver always shows are filled in.
Outcome<Json> checked_event(Json object, const CoreWrite& write);

}  // namespace canaryd::sandbox
