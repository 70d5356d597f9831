#pragma once

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "reconcile.hpp"
#include "resource.hpp"

namespace canaryd::sandbox {

// How one revision's model server behaves.
struct Behaviour {
  double error_ratio = 0.002;     // of its requests
  double latency_seconds = 0.05;  // p95; requests are spread evenly from 0 to a little above it
  double confidence = 0.93;       // mean, 0..1
  bool dead = false;              // answers nothing and exports nothing
};

// The simulated requests of all services and the metrics that their model servers export. Counters are the exact
// expectation, rounded down: they advance with the clock, deterministically. Safe from any thread.
class ModelTraffic {
 public:
  explicit ModelTraffic(const Clock& clock) : clock_(clock) {}

  void set_rate(const Key& service, double requests_per_second);
  // The split that is really routed; an empty one: the component is gone.
  void set_split(const Key& service, const std::string& component, const std::vector<Share>& traffic);
  // By the revision's namespace and name; it may not exist yet.
  void set_behaviour(const Key& revision, const Behaviour& behaviour);
  Behaviour behaviour(const Key& revision) const;

  // Prometheus' text format 0.0.4.
  std::string metrics();

 private:
  static constexpr std::size_t latency_bounds = 11;
  static constexpr std::size_t confidence_bounds = 11;
  struct Counts {
    double requests = 0;
    double errors = 0;
    double latency_sum = 0;
    double confidence_sum = 0;
    std::array<double, latency_bounds> latency{};        // cumulative, as Prometheus counts buckets
    std::array<double, confidence_bounds> confidence{};  // cumulative
  };
  struct Service {
    double requests_per_second = 0;
    std::map<std::string, std::vector<Share>> splits;  // by component
  };
  struct Served;

  void advance();
  void serve(const Key& revision, double requests);
  std::vector<Served> served() const;
  static const std::array<double, latency_bounds>& latency_edges();
  static const std::array<double, confidence_bounds>& confidence_edges();

  const Clock& clock_;
  mutable std::mutex mutex_;
  SteadyTime last_ = clock_.steady();
  std::map<Key, Service> services_;
  std::map<Key, Behaviour> behaviours_;
  std::map<Key, Counts> counts_;
};

}  // namespace canaryd::sandbox
