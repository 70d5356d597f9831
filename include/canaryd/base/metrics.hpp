#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace canaryd {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// A handle on one series of a counter; cheap to copy, valid as long as the Metrics it came from. Safe from any thread.
class Counter {
 public:
  void add(double amount = 1);

 private:
  friend class Metrics;
  explicit Counter(void* series) : series_(series) {}
  void* series_;
};

class Gauge {
 public:
  void set(double value);
  void add(double amount);

 private:
  friend class Metrics;
  explicit Gauge(void* series) : series_(series) {}
  void* series_;
};

class Histogram {
 public:
  void observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(void* series) : series_(series) {}
  void* series_;
};

// Series computed at the moment of a scrape (the rollouts in flight): gauges only.
struct MetricSample {
  MetricLabels labels;
  double value = 0;
};
struct MetricFamily {
  std::string name;
  std::string help;
  std::vector<MetricSample> samples;
};

// The metrics registry over prometheus-cpp. Asking again for the same name and labels gives the same series. Names
// follow Prometheus' conventions (canaryd_*_total, *_seconds); label values are bounded sets of ours, never text from
// outside (namespaces and names in computed families excepted). Safe from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                      const MetricLabels& labels = {});
  // Called at each scrape, from the scraping thread; must not call back into this object.
  void add_source(std::function<std::vector<MetricFamily>()> source);

  // Prometheus' text format 0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Bucket bounds in seconds from 1 ms to 10 s, for the latency histograms.
const std::vector<double>& latency_buckets();

}  // namespace canaryd
