#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench.hpp"
#include "canaryd/prometheus/client.hpp"

namespace canaryd::engine::testing {

// A Prometheus that knows a healthy canary in ml/iris, unless a test says otherwise.
class FakePrometheus final : public prometheus::Client {
 public:
  Result<std::vector<prometheus::Sample>> query(const std::string& promql, SteadyTime) override {
    const std::lock_guard lock(mutex);
    asked.push_back(promql);
    if (error) return fail(*error);
    if (promql.starts_with("ALERTS")) return alerts;
    auto samples = answer(promql);
    if (!twice.empty() && promql.find(twice) != std::string::npos) samples.push_back(samples.front());
    return samples;
  }

  std::mutex mutex;
  std::vector<std::string> asked;
  std::optional<Error> error;
  std::string twice;  // the question whose answer has a series twice
  std::vector<prometheus::Sample> alerts;
  std::string canary = "iris-predictor-00002";
  std::string stable = "iris-predictor-00001";
  std::atomic<double> percent{5};
  std::atomic<double> canary_errors{0};

 private:
  std::vector<prometheus::Sample> answer(const std::string& promql) const {
    if (promql.starts_with("max by (revision)")) return {{{{"revision", canary}}, percent}};
    if (promql.find("confidence") != std::string::npos) return both(0.9, 0.9);
    if (promql.find("latency") != std::string::npos) return both(0.1, 0.1);
    if (promql.find("error_ratio") != std::string::npos) return both(canary_errors, 0);
    return both(10'000, 90'000);
  }
  std::vector<prometheus::Sample> both(double of_canary, double of_stable) const {
    return {{{{"revision", canary}, {"source", "model-metrics"}}, of_canary},
            {{{"revision", stable}, {"source", "model-metrics"}}, of_stable}};
  }
};

// CanaryHealthy for iris-predictor-00002 at a share.
inline alert::Alert healthy(int percent, const std::string& revision = "iris-predictor-00002") {
  auto alert = firing("CanaryHealthy", revision);
  alert.labels["percent"] = std::to_string(percent);
  return alert;
}

// A bench whose policy promotes, past the warm-up and with the first dwell served.
struct PromotionBench : Bench {
  FakePrometheus known;

  PromotionBench() {
    prometheus = &known;
    alert::Mapping good;
    good.matchers = {*alert::Matcher::parse("alertname=\"CanaryHealthy\"")};
    good.action = alert::Action::advance;
    rules.alerts.insert(rules.alerts.begin(), good);
    rules.policies[0].promotion.enabled = true;
    api.revisions["iris-predictor-00002"] =
        R"({"metadata":{"name":"iris-predictor-00002","namespace":"ml","creationTimestamp":"2026-08-01T11:00:00Z"},)"
        R"("status":{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-08-01T11:00:10Z"}]}})";
    api.revisions["iris-predictor-00001"] =
        R"({"metadata":{"name":"iris-predictor-00001","namespace":"ml","creationTimestamp":"2026-07-01T11:00:00Z"},)"
        R"("status":{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-07-01T11:00:10Z"}]}})";
    set_manager("kubectl", "2026-08-01T11:30:00Z");
  }
  void set_manager(const std::string& manager, const std::string& time) {
    api.object["metadata"]["managedFields"] =
        Json::array({{{"manager", manager},
                      {"operation", "Update"},
                      {"time", time},
                      {"fieldsV1", {{"f:spec", {{"f:predictor", {{"f:canaryTrafficPercent", Json::object()}}}}}}}}});
  }
  void begin() {
    start();
    list();
    clock.pass(std::chrono::minutes(15));
  }
  CommandAnswer command(Verb verb, std::vector<policy::Reason> overrides = {}) {
    Command c;
    c.verb = verb;
    if (verb != Verb::stop && verb != Verb::start) c.target = Target{Namespace("ml"), ServiceName("iris")};
    c.why = "a try";
    c.overrides = std::move(overrides);
    c.actor = "token:alice";
    c.peer = "127.0.0.1:2";
    c.deadline = clock.steady() + std::chrono::seconds(8);
    return engine->execute(c);
  }
  // The newest decision of this action: a rehearsal, a confirmation may be recorded at any time.
  audit::Record last(const std::string& action) const {
    return newest([&](const audit::Record& record) {
      return record.action == action && record.kind != audit::Kind::confirmed &&
             record.kind != audit::Kind::unconfirmed;
    });
  }
  // What was decided for this command, whatever else was decided about the same service meanwhile.
  audit::Record last(const CommandAnswer& answer) const {
    return newest([&](const audit::Record& record) { return record.id == answer.id; });
  }
  template <typename Is>
  audit::Record newest(Is is) const {
    audit::Record found;
    for (const auto& record : log.records()) {
      if (is(record)) found = record;
    }
    return found;
  }
};

}  // namespace canaryd::engine::testing
