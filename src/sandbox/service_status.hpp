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
  bool ingress_ready = true;  // status.traffic comes first, the ingress follows
};

// `status` of an InferenceService as KServe writes it. `old` keeps the lastTransitionTime of conditions that stay.
Json service_status(const Key& service, const std::map<std::string, ComponentStatus>& components, const Json& old,
                    const std::string& now);

// `status` of one in Standard mode: no revisions, no traffic.
Json standard_status(const Json& old, const std::string& now);

// What a Knative Revision says of itself.
struct RevisionView {
  std::string component;
  std::size_t number = 0;  // the Configuration's generation that it was made from
  Health health;
  bool active = true;  // false: no traffic, scaled to zero
};

// Makes `object` (new or stored) a Revision of the service.
void write_revision(Json& object, const Key& service, const RevisionView& revision, const std::string& now);

}  // namespace canaryd::sandbox
