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

// Whether a page of canaryd's audit log has a record. Errors: `invalid`.
Result<bool> has_records(std::string_view page_json);

// The body of a POST to /api/v2/alerts.
std::string alerts_body(const TestAlert& alert, WallTime starts, WallTime ends);

}  // namespace canaryd::doctor
