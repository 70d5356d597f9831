#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/alert/matcher.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/doctor/finding.hpp"
#include "canaryd/rules/route_check.hpp"

// What Alertmanager does with the alerts that canaryd wants. Pure.
namespace canaryd::doctor {

struct AlertmanagerStatus {
  std::string version;
  std::string configuration;  // what it runs with, secrets hidden
};
// The answer to /api/v2/status. Errors: `invalid`.
Result<AlertmanagerStatus> decode_status(std::string_view json);

struct Silence {
  std::string id;
  std::string by;
  std::string comment;
  std::string ends;
  std::string text;  // all of its matchers
  // Those that can be read. Another one (Alertmanager 0.27 takes any UTF-8 as a label's name) may fit any alert.
  std::vector<alert::Matcher> matchers;
};
// The active ones of the answer to /api/v2/silences. Errors: `invalid`.
Result<std::vector<Silence>> decode_silences(std::string_view json);

// The findings of the walk, and one that all arrives where nothing keeps an alert back.
Findings check_route_report(const rules::RouteReport& report);

// Which silences can hit an alert that canaryd wants. `wanted`: one of each kind, as the walk has them; `services`:
// those in scope, whose names the labels may carry.
Findings check_silences(const std::vector<Silence>& silences, const std::vector<rules::CheckedAlert>& wanted,
                        const std::vector<alert::Mapping>& mappings, const std::vector<Target>& services);

// The hosts by which the configuration's webhooks of canaryd call it, as far as it shows them.
std::vector<std::string> webhook_hosts(std::string_view configuration);

}  // namespace canaryd::doctor
