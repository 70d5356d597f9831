#pragma once

#include <optional>
#include <string>

#include "canaryd/alert/notification.hpp"

namespace canaryd::property {

// An alert about a service of the model. Empty labels are left out; the fingerprint follows from the labels, as in
// Alertmanager.
alert::Alert make_alert(const std::string& name, const std::string& service, const std::string& revision,
                        const std::string& percent, WallTime starts_at);

bool is_bad(const alert::Alert& alert);
bool is_healthy(const alert::Alert& alert);
std::string service_of(const alert::Alert& alert);
std::optional<std::string> revision_of(const alert::Alert& alert);
std::string text_of(const alert::Alert& alert);  // for a story

}  // namespace canaryd::property
