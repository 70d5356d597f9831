#pragma once

#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/policy/gate.hpp"
#include "canaryd/prometheus/client.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::engine {

// The gate: at the moment of a step the facts are asked of Prometheus, all in one deadline. Safe from any thread.
class GateAsker {
 public:
  // `client` is nullptr where no prometheus.url is configured: then every answer is unknown.
  explicit GateAsker(prometheus::Client* client) : client_(client) {}

  // An error, a warning, a partial or late answer is `unknown`, with the reason.
  policy::GateAnswer ask(const Target& target, const traffic::ComponentRollout& canary, const policy::Policy& policy,
                         const std::vector<alert::Mapping>& mappings, SteadyTime deadline) const;

 private:
  prometheus::Client* client_;
};

}  // namespace canaryd::engine
