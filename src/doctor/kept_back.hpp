#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/doctor/finding.hpp"

// Alerts for canaryd that fire now and do not come to it. Pure.
namespace canaryd::doctor {

// One alert in one route's group.
struct ActiveAlert {
  alert::Labels labels;
  std::string receiver;
  std::vector<std::string> silenced_by;
  std::vector<std::string> inhibited_by;
  std::vector<std::string> muted_by;  // time intervals of the route (0.28 and later; /api/v2/alerts has none of them)
};
// The answer to /api/v2/alerts/groups. Errors: `invalid`.
Result<std::vector<ActiveAlert>> decode_alert_groups(std::string_view json);

// `receivers`: canaryd's, by name.
Findings check_kept_back(const std::vector<ActiveAlert>& alerts, const std::vector<alert::Mapping>& mappings,
                         const std::set<std::string>& receivers);

}  // namespace canaryd::doctor
