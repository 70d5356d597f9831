#include "model_server.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace canaryd::sandbox {

namespace {

// The share of a uniform distribution over low..high that is at most `edge`.
double uniform_cdf(double edge, double low, double high) {
  if (edge >= high) return 1;
  if (edge <= low) return 0;
  return (edge - low) / (high - low);
}

// The small addition keeps sums like 0.1 * 10 from showing one too few.
double floored(double value) { return std::floor(value + 1e-6); }

std::string whole(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", floored(value));
  return text;
}

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

// Writes families of series that share the labels of one server.
class Exposition {
 public:
  explicit Exposition(std::string labels) : labels_(std::move(labels)) {}

  void family(const char* name, const char* type, const char* help) {
    text_ += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  void series(const std::string& name, const std::string& more_labels, const std::string& value) {
    text_ += name + "{" + labels_ + more_labels + "} " + value + "\n";
  }
  void histogram(const std::string& name, const auto& edges, const auto& buckets, double count, double sum) {
    for (std::size_t i = 0; i < edges.size(); ++i) {
      series(name + "_bucket", ",le=\"" + decimal(edges[i]) + "\"", whole(buckets[i]));
    }
    series(name + "_bucket", ",le=\"+Inf\"", whole(count));
    series(name + "_sum", "", decimal(sum));
    series(name + "_count", "", whole(count));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string labels_;  // without braces
  std::string text_;
};

}  // namespace

const std::array<double, ModelServer::latency_bounds>& ModelServer::latency_edges() {
  static constexpr std::array<double, latency_bounds> edges{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return edges;
}
const std::array<double, ModelServer::confidence_bounds>& ModelServer::confidence_edges() {
  static constexpr std::array<double, confidence_bounds> edges{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1};
  return edges;
}

void ModelServer::set_behaviour(const Behaviour& behaviour) {
  behaviour_ = behaviour;
  if (behaviour_.dead) counts_ = {};
}

void ModelServer::serve(double requests) {
  if (behaviour_.dead) return;
  const double errors = requests * behaviour_.error_ratio;
  const double good = requests - errors;
  counts_.requests += requests;
  counts_.errors += errors;
  const double slowest = behaviour_.latency_seconds / 0.95;
  counts_.latency_sum += requests * slowest / 2;
  for (std::size_t i = 0; i < latency_bounds; ++i) {
    counts_.latency[i] += requests * uniform_cdf(latency_edges()[i], 0, slowest);
  }
  const double spread = std::min({0.1, behaviour_.confidence, 1 - behaviour_.confidence});
  counts_.confidence_sum += good * behaviour_.confidence;
  for (std::size_t i = 0; i < confidence_bounds; ++i) {
    counts_.confidence[i] +=
        good * uniform_cdf(confidence_edges()[i], behaviour_.confidence - spread, behaviour_.confidence + spread);
  }
}

std::string ModelServer::metrics(const std::string& model, const std::string& version) const {
  // Both are DNS labels: nothing to escape.
  Exposition out("model_name=\"" + model + "\",model_version=\"" + version + "\"");
  const double good = floored(counts_.requests) - floored(counts_.errors);
  out.family("model_predictions_total", "counter", "Predictions, by status.");
  out.series("model_predictions_total", ",status=\"success\"", whole(good));
  out.series("model_predictions_total", ",status=\"error\"", whole(counts_.errors));
  out.family("model_errors_total", "counter", "Failed requests, by type.");
  out.series("model_errors_total", ",error_type=\"prediction\"", whole(counts_.errors));
  out.family("model_prediction_latency_seconds", "histogram", "Time of a request, failed ones too.");
  out.histogram("model_prediction_latency_seconds", latency_edges(), counts_.latency, counts_.requests,
                counts_.latency_sum);
  out.family("model_prediction_confidence", "histogram", "Confidence of the successful predictions.");
  out.histogram("model_prediction_confidence", confidence_edges(), counts_.confidence,
                counts_.requests - counts_.errors, counts_.confidence_sum);
  return out.take();
}

}  // namespace canaryd::sandbox
