#pragma once

#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/policy/breaker.hpp"
#include "canaryd/policy/policy.hpp"

namespace canaryd::engine {

// What a reload of the configuration replaces as a whole.
struct Rules {
  std::vector<alert::Mapping> alerts;
  std::vector<policy::Policy> policies;
  std::string stop_file;  // while it exists nothing is patched; empty: none
  std::string config_sha256;
  policy::Breaker breaker = {};
  std::vector<std::string> policy_sha256 = {};  // of each of `policies`, in their order; CurrentRules fills it in
};

// What stays for the life of the process.
struct Settings {
  std::string instance;                              // field manager "canaryd/<instance>"
  std::vector<Namespace> scopes;                     // empty: all namespaces
  Namespace state_namespace = Namespace("canaryd");  // of the ConfigMap with holds and quarantines
  std::string state_name = "canaryd-state";
  std::string field_manager() const { return "canaryd/" + instance; }
};

}  // namespace canaryd::engine
