#include "canaryd/base/metrics.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace canaryd;

namespace {

bool has_line(const Metrics& metrics, const std::string& line) {
  return ("\n" + metrics.text()).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a counter counts and is one series however often it is asked for") {
  Metrics metrics;
  Counter first = metrics.counter("canaryd_things_total", "Things.", {{"reason", "a"}});
  first.add();
  metrics.counter("canaryd_things_total", "Things.", {{"reason", "a"}}).add(2);
  metrics.counter("canaryd_things_total", "Things.", {{"reason", "b"}}).add();
  CHECK(has_line(metrics, "# HELP canaryd_things_total Things."));
  CHECK(has_line(metrics, "# TYPE canaryd_things_total counter"));
  CHECK(has_line(metrics, "canaryd_things_total{reason=\"a\"} 3"));
  CHECK(has_line(metrics, "canaryd_things_total{reason=\"b\"} 1"));
}

TEST_CASE("a gauge is set and moved") {
  Metrics metrics;
  Gauge gauge = metrics.gauge("canaryd_open", "Open.");
  gauge.set(5);
  gauge.add(-2);
  CHECK(has_line(metrics, "# TYPE canaryd_open gauge"));
  CHECK(has_line(metrics, "canaryd_open 3"));
}

TEST_CASE("a histogram has its buckets with what is above them and its sum") {
  Metrics metrics;
  Histogram histogram = metrics.histogram("canaryd_seconds", "Seconds.", {0.5, 1});
  for (const double value : {0.25, 0.75, 3.0}) histogram.observe(value);
  CHECK(has_line(metrics, "# TYPE canaryd_seconds histogram"));
  CHECK(has_line(metrics, "canaryd_seconds_bucket{le=\"0.5\"} 1"));
  CHECK(has_line(metrics, "canaryd_seconds_bucket{le=\"1\"} 2"));
  CHECK(has_line(metrics, "canaryd_seconds_bucket{le=\"+Inf\"} 3"));
  CHECK(has_line(metrics, "canaryd_seconds_sum 4"));
  CHECK(has_line(metrics, "canaryd_seconds_count 3"));
}

TEST_CASE("a source is asked at each scrape") {
  Metrics metrics;
  int scrapes = 0;
  metrics.add_source([&scrapes] {
    ++scrapes;
    return std::vector<MetricFamily>{{"canaryd_threshold",
                                      "Limits.",
                                      {{{{"signal", "error_ratio"}}, static_cast<double>(scrapes)},
                                       {{{"signal", "off"}}, std::numeric_limits<double>::infinity()}}}};
  });
  CHECK(has_line(metrics, "canaryd_threshold{signal=\"error_ratio\"} 1"));
  CHECK(has_line(metrics, "canaryd_threshold{signal=\"error_ratio\"} 2"));
  CHECK(has_line(metrics, "canaryd_threshold{signal=\"off\"} +Inf"));
  CHECK(has_line(metrics, "# TYPE canaryd_threshold gauge"));
}

TEST_CASE("a label value cannot forge a line") {
  Metrics metrics;
  metrics.counter("canaryd_things_total", "Things.", {{"reason", "a\"} 1\nforged 1\\"}}).add();
  CHECK(has_line(metrics, "canaryd_things_total{reason=\"a\\\"} 1\\nforged 1\\\\\"} 1"));
  CHECK_FALSE(has_line(metrics, "forged 1"));
}

TEST_CASE("series are counted from several threads while they are read") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int n = 0; n < 1000; ++n) metrics.counter("canaryd_things_total", "Things.").add();
    });
  }
  std::size_t read = 0;
  for (int n = 0; n < 20; ++n) read += metrics.text().size();
  for (std::thread& thread : threads) thread.join();
  CHECK(has_line(metrics, "canaryd_things_total 4000"));
  CHECK(read < 20 * metrics.text().size() + 1);
}

TEST_CASE("the buckets of latencies rise from a millisecond to ten seconds") {
  const std::vector<double>& buckets = latency_buckets();
  CHECK(buckets.front() == 0.001);
  CHECK(buckets.back() == 10);
  for (std::size_t i = 1; i < buckets.size(); ++i) CHECK(buckets[i - 1] < buckets[i]);
}
