// policy::decide_rollback and policy::decide_advance on one core: prints one line of JSON, calls a second for an alert
// that acts, for one about an older revision, and for a step forward with all its guards.
#include "canaryd/policy/decide.hpp"

#include <chrono>
#include <cstdio>

#include "canaryd/policy/advance.hpp"

namespace canaryd::bench {

namespace {

const WallTime noon{std::chrono::hours(24 * 365 * 56)};

Revision revision(int number) { return Revision("iris-predictor-0000" + std::to_string(number)); }

traffic::Rollout canary_in_flight() {
  traffic::ComponentRollout predictor;
  predictor.percent = Percent::from(5);
  predictor.raw_percent = 5;
  predictor.latest_created = revision(2);
  predictor.latest_ready = revision(2);
  predictor.latest_rolledout = revision(1);
  predictor.traffic = {{revision(2), 5, ""}, {revision(1), 95, "prev"}};
  predictor.route = {traffic::ConditionStatus::is_true, "", ""};
  predictor.ready = predictor.route;
  predictor.percent_since = noon - std::chrono::hours(1);
  traffic::Rollout rollout;
  rollout.target = {Namespace("ml"), ServiceName("iris")};
  rollout.uid = Uid("0b0cbd4c-52a6-4c8e-9f8b-3a2b8d1f6c10");
  rollout.generation = 5;
  rollout.mode = traffic::Mode::knative;
  rollout.components = {predictor};
  return rollout;
}

alert::Signal alert_about(const Revision& named) {
  alert::Signal signal;
  signal.action = alert::Action::rollback;
  signal.target = Target{Namespace("ml"), ServiceName("iris")};
  signal.revision = named;
  signal.alert.labels = {{"alertname", "CanaryHighErrorRate"}};
  signal.alert.starts_at = noon - std::chrono::minutes(1);
  signal.alert.fingerprint = "0123456789abcdef";
  return signal;
}

template <class Decide>
double per_second(Decide decide, policy::Reason expected) {
  const auto began = std::chrono::steady_clock::now();
  const auto until = began + std::chrono::seconds(1);
  std::size_t calls = 0;
  while (std::chrono::steady_clock::now() < until) {
    for (int i = 0; i < 100; ++i, ++calls) {
      if (decide().reason != expected) return 0;
    }
  }
  return static_cast<double>(calls) / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double rollbacks_per_second(const alert::Signal& signal, policy::Reason expected) {
  const auto rollout = canary_in_flight();
  const policy::Policy policy;
  policy::Circumstances circumstances;
  circumstances.now = noon;
  return per_second([&] { return policy::decide_rollback(signal, rollout, &policy, circumstances); }, expected);
}

double advances_per_second() {
  const auto rollout = canary_in_flight();
  policy::Policy policy;
  policy.promotion.enabled = true;
  policy::AdvanceRequest request;
  request.revision = revision(2);
  request.percent = 5;
  request.starts_at = noon - std::chrono::minutes(1);
  policy::AdvanceFacts facts;
  facts.now = noon;
  facts.state_known = true;
  facts.warming_up = false;
  facts.share_since = facts.revision_created = facts.revision_ready_since = noon - std::chrono::hours(1);
  facts.gate = policy::GateAnswer{policy::GateAnswer::Verdict::passed, {"passed: a signal"}};
  return per_second([&] { return policy::decide_advance(request, rollout, &policy, facts); }, policy::Reason::advanced);
}

}  // namespace

}  // namespace canaryd::bench

int main() {
  using namespace canaryd;
  const double acting =
      bench::rollbacks_per_second(bench::alert_about(bench::revision(2)), policy::Reason::rolled_back);
  const double stale =
      bench::rollbacks_per_second(bench::alert_about(bench::revision(1)), policy::Reason::stale_revision);
  const double advance = bench::advances_per_second();
  std::printf(R"({"act_per_second": %.0f, "stale_per_second": %.0f, "advance_per_second": %.0f})"
              "\n",
              acting, stale, advance);
  return acting > 0 && stale > 0 && advance > 0 ? 0 : 1;
}
