#pragma once

#include <array>
#include <string>

namespace canaryd::sandbox {

// How a model server behaves.
struct Behaviour {
  double error_ratio = 0.002;     // of its requests
  double latency_seconds = 0.05;  // p95; requests are spread evenly from 0 to a little above it
  double confidence = 0.93;       // mean, 0..1
  bool dead = false;              // crashes at each start: answers neither requests nor scrapes
};

// One model server: counts the requests that it answers and exports them as instrumented servers do. The counters are
// the exact expectation, rounded down where Prometheus expects whole numbers. Not thread-safe.
class ModelServer {
 public:
  const Behaviour& behaviour() const { return behaviour_; }
  // One that dies takes its counters with it: when it is back they begin at 0, as those of any restarted process.
  void set_behaviour(const Behaviour& behaviour);

  void serve(double requests);

  // Prometheus' text format 0.0.4, with the labels that such a server knows: the model's name and version, which are
  // the image's own and nothing of Kubernetes.
  std::string metrics(const std::string& model, const std::string& version) const;

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
  static const std::array<double, latency_bounds>& latency_edges();
  static const std::array<double, confidence_bounds>& confidence_edges();

  Behaviour behaviour_;
  Counts counts_;
};

}  // namespace canaryd::sandbox
