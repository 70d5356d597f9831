#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "canaryd/policy/gate.hpp"
#include "canaryd/prometheus/client.hpp"
#include "manual_clock.hpp"
#include "model_cluster.hpp"

namespace canaryd::property {

// A Prometheus that knows the truth about each revision, on its good days.
enum class PrometheusMood : std::uint8_t {
  fine,
  down,
  slow,      // the deadline passes
  nonsense,  // no vector
  not_a_number,
  warnings,   // a partial answer: the client refuses it
  yesterday,  // another share, and all was well
  half,       // nothing of the stable revision
  quiet,      // hardly any requests
  last = quiet
};
const char* name_of(PrometheusMood mood);

class ModelPrometheus final : public prometheus::Client {
 public:
  ModelPrometheus(ManualClock& clock, const ModelCluster& cluster) : clock_(clock), cluster_(cluster) {}

  void set_mood(PrometheusMood mood) { mood_ = mood; }
  PrometheusMood mood() const { return mood_.load(); }

  // The queries of the engine's gate, told apart by what they select. Safe from any thread.
  Result<std::vector<prometheus::Sample>> query(const std::string& promql, SteadyTime deadline) override;

  // A sick canary with traffic has its alert, or will have it.
  bool has_bad_alert(const std::string& service) const;
  // Whether, on a good day, it shows that a canary is sick.
  bool shows_sickness(const Look& canary) const;

  // The same facts, as a gate without an engine asks for them.
  policy::GateAnswer judge(const std::string& service, const Look& look, const policy::Policy& policy) const;

 private:
  policy::Measured measured(const std::string& revision, bool stable) const;

  ManualClock& clock_;
  const ModelCluster& cluster_;
  std::atomic<PrometheusMood> mood_{PrometheusMood::fine};
};

}  // namespace canaryd::property
