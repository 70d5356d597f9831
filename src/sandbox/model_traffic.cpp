#include "model_traffic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

namespace canaryd::sandbox {

namespace {

// The share of a uniform distribution over low..high that is at most `edge`.
double uniform_cdf(double edge, double low, double high) {
  if (edge >= high) return 1;
  if (edge <= low) return 0;
  return (edge - low) / (high - low);
}

std::string whole(double value) {
  char text[32];
  // The small addition keeps sums like 0.1 * 10 from showing one too few.
  std::snprintf(text, sizeof text, "%.0f", std::floor(value + 1e-6));
  return text;
}

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string version_of(const std::string& revision) {
  const std::size_t dash = revision.rfind('-');
  const std::size_t digit = revision.find_first_not_of('0', dash == std::string::npos ? 0 : dash + 1);
  return "v" + (digit == std::string::npos ? std::string("0") : revision.substr(digit));
}

}  // namespace

struct ModelTraffic::Served {
  const Counts* counts;
  std::string labels;  // without braces
};

const std::array<double, ModelTraffic::latency_bounds>& ModelTraffic::latency_edges() {
  static constexpr std::array<double, latency_bounds> edges{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return edges;
}
const std::array<double, ModelTraffic::confidence_bounds>& ModelTraffic::confidence_edges() {
  static constexpr std::array<double, confidence_bounds> edges{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1};
  return edges;
}

void ModelTraffic::serve(const Key& revision, double requests) {
  const auto known = behaviours_.find(revision);
  const Behaviour behaviour = known == behaviours_.end() ? Behaviour{} : known->second;
  if (behaviour.dead) return;
  Counts& counts = counts_[revision];
  const double errors = requests * behaviour.error_ratio;
  const double good = requests - errors;
  counts.requests += requests;
  counts.errors += errors;
  const double slowest = behaviour.latency_seconds / 0.95;
  counts.latency_sum += requests * slowest / 2;
  for (std::size_t i = 0; i < latency_bounds; ++i) {
    counts.latency[i] += requests * uniform_cdf(latency_edges()[i], 0, slowest);
  }
  const double spread = std::min({0.1, behaviour.confidence, 1 - behaviour.confidence});
  counts.confidence_sum += good * behaviour.confidence;
  for (std::size_t i = 0; i < confidence_bounds; ++i) {
    counts.confidence[i] +=
        good * uniform_cdf(confidence_edges()[i], behaviour.confidence - spread, behaviour.confidence + spread);
  }
}

// Called with the lock held, before anything that the requests depend on changes.
void ModelTraffic::advance() {
  const SteadyTime now = clock_.steady();
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  for (const auto& [key, service] : services_) {
    if (service.requests_per_second <= 0) continue;
    for (const auto& [component, shares] : service.splits) {
      for (const Share& share : shares) {
        const double requests = service.requests_per_second * seconds * static_cast<double>(share.percent) / 100;
        serve({key.ns, share.revision}, requests);
      }
    }
  }
}

void ModelTraffic::set_rate(const Key& service, double requests_per_second) {
  const std::lock_guard lock(mutex_);
  advance();
  services_[service].requests_per_second = requests_per_second;
}

void ModelTraffic::set_split(const Key& service, const std::string& component, const std::vector<Share>& traffic) {
  const std::lock_guard lock(mutex_);
  const auto known = services_.find(service);
  if (known == services_.end()) return;  // without a rate nothing is simulated
  advance();
  if (traffic.empty()) {
    known->second.splits.erase(component);
  } else {
    known->second.splits[component] = traffic;
  }
}

void ModelTraffic::set_behaviour(const Key& revision, const Behaviour& behaviour) {
  const std::lock_guard lock(mutex_);
  advance();
  behaviours_[revision] = behaviour;
}

Behaviour ModelTraffic::behaviour(const Key& revision) const {
  const std::lock_guard lock(mutex_);
  const auto known = behaviours_.find(revision);
  return known == behaviours_.end() ? Behaviour{} : known->second;
}

// The pods that run: those of every revision in a traffic block, at 0 too.
std::vector<ModelTraffic::Served> ModelTraffic::served() const {
  static const Counts none;
  std::vector<Served> result;
  for (const auto& [key, service] : services_) {
    std::set<std::string> seen;
    for (const auto& [component, shares] : service.splits) {
      for (const Share& share : shares) {
        const Key revision{key.ns, share.revision};
        const auto behaviour = behaviours_.find(revision);
        if (!seen.insert(share.revision).second || (behaviour != behaviours_.end() && behaviour->second.dead)) continue;
        const auto counts = counts_.find(revision);
        result.push_back({counts == counts_.end() ? &none : &counts->second,
                          "model_name=" + quoted(key.name) + ",model_version=" + quoted(version_of(share.revision)) +
                              ",namespace=" + quoted(key.ns) + ",inferenceservice=" + quoted(key.name) + ",revision=" +
                              quoted(share.revision) + ",pod=" + quoted(share.revision + "-deployment-0")});
      }
    }
  }
  return result;
}

std::string ModelTraffic::metrics() {
  const std::lock_guard lock(mutex_);
  advance();
  const std::vector<Served> all = served();
  std::string text;
  const auto family = [&](const char* name, const char* type, const char* help) {
    text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  };
  const auto series = [&](const std::string& name, const std::string& labels, const std::string& value) {
    text += name + "{" + labels + "} " + value + "\n";
  };
  const auto histogram = [&](const std::string& name, const Served& s, const auto& edges, const auto& buckets,
                             double count, double sum) {
    for (std::size_t i = 0; i < edges.size(); ++i) {
      series(name + "_bucket", s.labels + ",le=\"" + decimal(edges[i]) + "\"", whole(buckets[i]));
    }
    series(name + "_bucket", s.labels + ",le=\"+Inf\"", whole(count));
    series(name + "_sum", s.labels, decimal(sum));
    series(name + "_count", s.labels, whole(count));
  };
  family("model_predictions_total", "counter", "Predictions, by status.");
  for (const Served& s : all) {
    series("model_predictions_total", s.labels + ",status=\"success\"",
           whole(std::floor(s.counts->requests + 1e-6) - std::floor(s.counts->errors + 1e-6)));
    series("model_predictions_total", s.labels + ",status=\"error\"", whole(s.counts->errors));
  }
  family("model_errors_total", "counter", "Failed requests, by type.");
  for (const Served& s : all) {
    series("model_errors_total", s.labels + ",error_type=\"prediction\"", whole(s.counts->errors));
  }
  family("model_prediction_latency_seconds", "histogram", "Time of a request, failed ones too.");
  for (const Served& s : all) {
    histogram("model_prediction_latency_seconds", s, latency_edges(), s.counts->latency, s.counts->requests,
              s.counts->latency_sum);
  }
  family("model_prediction_confidence", "histogram", "Confidence of the successful predictions.");
  for (const Served& s : all) {
    histogram("model_prediction_confidence", s, confidence_edges(), s.counts->confidence,
              s.counts->requests - s.counts->errors, s.counts->confidence_sum);
  }
  return text;
}

}  // namespace canaryd::sandbox
