#include <chrono>

#include "config_parts.hpp"

namespace canaryd::app {

void read_state(Section state, StateSettings& out) {
  std::string ns;
  if (state.text("namespace", {"a namespace", is_dns_label}, ns)) out.ns = Namespace(std::move(ns));
  state.text("name", {"the name of a ConfigMap", is_dns_subdomain}, out.name);
  state.done();
}

void read_breaker(Section breaker, policy::Breaker& out) {
  static const std::vector<std::pair<std::string, bool>> rollbacks{{"go_on", false}, {"stop", true}};
  breaker.whole("max_rollbacks", 1, 10000, out.max_rollbacks);
  breaker.duration("window", std::chrono::seconds(1), std::chrono::hours(24), out.window);
  breaker.choice("rollbacks", rollbacks, out.stops_rollbacks);
  breaker.done();
}

}  // namespace canaryd::app
