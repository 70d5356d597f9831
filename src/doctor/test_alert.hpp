#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"

// An alert that goes the whole way and about which canaryd can do nothing. Pure.
namespace canaryd::doctor {

// An alert of the shipped rules that is mapped to a rollback, about a service that does not exist. nullopt: no shipped
// alert is. `id` makes it one of its own: [0-9a-f].
struct TestAlert {
  alert::Labels labels;
  std::string service;
};
std::optional<TestAlert> test_alert(const std::vector<alert::Mapping>& mappings, const Namespace& ns,
                                    const std::string& id);

// The namespace to test with: one whose alerts must come through, so one of `services`. prometheus-operator lets an
// AlertmanagerConfig see the alerts of its own namespace alone: one of canaryd's (`own`) would arrive where no real one
// does, so it is taken only where canaryd looks at no other. Without services one of `scopes`, else a made-up one.
Namespace test_namespace(const std::vector<Target>& services, const std::vector<Namespace>& scopes,
                         const Namespace& own, const std::string& id);

// Whether a page of canaryd's audit log has a record. Errors: `invalid`.
Result<bool> has_records(std::string_view page_json);

// The body of a POST to /api/v2/alerts.
std::string alerts_body(const TestAlert& alert, WallTime starts, WallTime ends);

}  // namespace canaryd::doctor
