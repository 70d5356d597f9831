#include "engine_settings.hpp"

#include <cctype>

#include "canaryd/base/file.hpp"

namespace canaryd::app {

Namespace state_namespace(const StateSettings& state, const std::string& folder) {
  if (!state.ns.empty()) return state.ns;
  if (auto text = read_file(folder + "/namespace", 256)) {
    while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back())) != 0) text->pop_back();
    if (is_dns_label(*text)) return Namespace(*text);
  }
  return Namespace("canaryd");
}

engine::Settings engine_settings(const Config& config, const std::string& folder) {
  engine::Settings out;
  out.instance = config.instance;
  out.scopes = config.cluster.namespaces;
  out.state_namespace = state_namespace(config.state, folder);
  out.state_name = config.state.name;
  return out;
}

engine::Rules engine_rules(const Config& config) {
  engine::Rules out;
  out.alerts = config.alerts;
  out.policies = config.policies;
  out.stop_file = config.stop_file;
  out.config_sha256 = config.sha256;
  out.breaker = config.breaker;
  return out;
}

}  // namespace canaryd::app
