#pragma once

#include <optional>
#include <string>

#include "canaryd/alert/mapping.hpp"
#include "routes.hpp"

namespace canaryd::web {

// POST /webhooks/alertmanager: parses the notification and hands it on.
tl::expected<Call, Refusal> admit_notification(const Admitted& request, const RouteContext& context);

// ?namespace=&inferenceservice=, each once and a DNS label.
tl::expected<alert::UrlTarget, std::string> parse_target_query(const std::optional<std::string>& query);

}  // namespace canaryd::web
