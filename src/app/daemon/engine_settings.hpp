#pragma once

#include <string>

#include "canaryd/app/config.hpp"
#include "canaryd/engine/rules.hpp"

namespace canaryd::app {

// Where the kubelet puts a service account's files; one of them names the pod's namespace.
inline constexpr const char* service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";

// Where canaryd-state lies: `state.namespace`, else the namespace in the folder's file, else "canaryd". A file that
// holds no namespace counts as absent. Reads at most that file.
Namespace state_namespace(const StateSettings& state, const std::string& folder);

// What of a configuration the engine goes by: for the life of the process, and until the next reload.
engine::Settings engine_settings(const Config& config, const std::string& folder = service_account_folder);
engine::Rules engine_rules(const Config& config);

}  // namespace canaryd::app
