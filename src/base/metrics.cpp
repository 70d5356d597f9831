#include "canaryd/base/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <mutex>
#include <unordered_map>

namespace canaryd {

namespace {

std::map<std::string, std::string> to_map(const MetricLabels& labels) { return {labels.begin(), labels.end()}; }

prometheus::MetricFamily converted(const MetricFamily& family) {
  prometheus::MetricFamily out;
  out.name = family.name;
  out.help = family.help;
  out.type = prometheus::MetricType::Gauge;
  for (const auto& sample : family.samples) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    metric.gauge.value = sample.value;
    out.metric.push_back(std::move(metric));
  }
  return out;
}

// A name and labels in the order in which they were asked for; neither holds a zero byte.
std::string known_key(const std::string& name, const MetricLabels& labels) {
  std::string key = name;
  for (const auto& [label, value] : labels) {
    key += '\0';
    key += label;
    key += '\0';
    key += value;
  }
  return key;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  mutable std::mutex mutex;  // of sources
  std::vector<std::function<std::vector<MetricFamily>()>> sources;
  std::mutex known_mutex;                        // apart: a source may wait for someone who counts
  std::unordered_map<std::string, void*> known;  // series by known_key(): asking prometheus-cpp costs microseconds

  template <class Make>
  void* series(const std::string& name, const MetricLabels& labels, Make make) {
    const std::lock_guard lock(known_mutex);
    void*& known_series = known[known_key(name, labels)];
    if (known_series == nullptr) known_series = make();
    return known_series;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Counter::add(double amount) { static_cast<prometheus::Counter*>(series_)->Increment(amount); }
void Gauge::set(double value) { static_cast<prometheus::Gauge*>(series_)->Set(value); }
void Gauge::add(double amount) { static_cast<prometheus::Gauge*>(series_)->Increment(amount); }
void Histogram::observe(double value) { static_cast<prometheus::Histogram*>(series_)->Observe(value); }

Counter Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return Counter(impl_->series(name, labels, [&] {
    return &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(to_map(labels));
  }));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(to_map(labels)));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                             const MetricLabels& labels) {
  return Histogram(
      &prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(to_map(labels), buckets));
}

void Metrics::add_source(std::function<std::vector<MetricFamily>()> source) {
  const std::lock_guard lock(impl_->mutex);
  impl_->sources.push_back(std::move(source));
}

std::string Metrics::text() const {
  auto families = impl_->registry.Collect();
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& source : impl_->sources) {
      for (const auto& family : source()) families.push_back(converted(family));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

const std::vector<double>& latency_buckets() {
  static const std::vector<double> bounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
  return bounds;
}

}  // namespace canaryd
