#pragma once

#include <map>
#include <string>

#include "json.hpp"
#include "reconcile.hpp"
#include "resource.hpp"

namespace canaryd::sandbox {

struct ComponentStatus {
  KnativeService knative;
  Rolledout rolledout;
};

// `status` of an InferenceService as KServe writes it. `old` keeps the lastTransitionTime of conditions that stay.
Json service_status(const Key& service, const std::map<std::string, ComponentStatus>& components, const Json& old,
                    const std::string& now);

// `status` of one in Standard mode: no revisions, no traffic.
Json standard_status(const Json& old, const std::string& now);

// Makes `object` (new or stored) the Knative Revision of a component.
void write_revision(Json& object, const Key& service, const std::string& component, const RevisionState& revision,
                    std::size_t number, const std::string& now);

}  // namespace canaryd::sandbox
