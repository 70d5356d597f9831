#include "canaryd/policy/policy.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "canaryd/policy/reason.hpp"

using namespace canaryd;
using namespace canaryd::policy;

namespace {

Target service(const std::string& ns, const std::string& name) { return {Namespace(ns), ServiceName(name)}; }

Policy named(const std::string& name) {
  Policy policy;
  policy.name = name;
  return policy;
}

}  // namespace

TEST_CASE("the first policy that matches wins") {
  auto payments = named("payments");
  payments.namespaces = {"pay-*"};
  auto fraud = named("fraud");
  fraud.names = {"fraud-?"};
  auto gold = named("gold");
  gold.labels = {{"tier", "gold"}};
  const std::vector<Policy> policies{payments, fraud, gold};
  CHECK(find_policy(policies, service("pay-eu", "fraud-1"), {})->name == "payments");
  CHECK(find_policy(policies, service("ml", "fraud-1"), {})->name == "fraud");
  CHECK(find_policy(policies, service("ml", "fraud-12"), {{"tier", "gold"}, {"team", "x"}})->name == "gold");
  CHECK(find_policy(policies, service("ml", "iris"), {{"tier", "silver"}}) == nullptr);
}

TEST_CASE("a policy without patterns matches every service") {
  const std::vector<Policy> policies{named("default")};
  CHECK(find_policy(policies, service("any", "thing"), {})->name == "default");
}

TEST_CASE("the canonical text changes with every field") {
  std::set<std::string> texts{canonical_text(named("a"))};
  std::size_t changes = 1;
  const auto changed = [&](auto change) {
    Policy policy = named("a");
    change(policy);
    texts.insert(canonical_text(policy));
    ++changes;
  };
  changed([](Policy& p) { p.name = "b"; });
  changed([](Policy& p) { p.namespaces = {"x"}; });
  changed([](Policy& p) { p.names = {"x"}; });
  changed([](Policy& p) { p.labels = {{"x", "y"}}; });
  changed([](Policy& p) { p.rollback = false; });
  changed([](Policy& p) { p.last_stage_window = std::chrono::minutes(1); });
  changed([](Policy& p) { p.confirm_within = std::chrono::minutes(2); });
  changed([](Policy& p) { p.unattributed = Unattributed::hold; });
  changed([](Policy& p) { p.evidence_window = std::chrono::minutes(3); });
  changed([](Policy& p) { p.components = Components::independent; });
  for (const auto& signal : threshold_signals) changed([&](Policy& p) { p.thresholds.*signal.value = 0.125; });
  changed([](Policy& p) { p.mode = Mode::observe; });
  changed([](Policy& p) { p.promotion.enabled = true; });
  changed([](Policy& p) { p.promotion.stages = {5, 100}; });
  changed([](Policy& p) { p.promotion.stages = {5, 10, 25, 50, 75, 90, 100}; });
  changed([](Policy& p) { p.promotion.dwell = std::chrono::minutes(11); });
  changed([](Policy& p) { p.promotion.error_margin = 0.03; });
  changed([](Policy& p) { p.promotion.new_revision_restarts = false; });
  for (const auto& window :
       {FreezeWindow{}, FreezeWindow{{true}, {}, {}, "UTC"}, FreezeWindow{{false, true}, {}, {}, "UTC"},
        FreezeWindow{{true}, std::chrono::minutes(1), {}, "UTC"},
        FreezeWindow{{true}, {}, std::chrono::minutes(1), "UTC"}, FreezeWindow{{true}, {}, {}, "Europe/Berlin"}}) {
    changed([&](Policy& p) { p.promotion.freeze = {window}; });
    changed([&](Policy& p) { p.promotion.freeze = {window, window}; });
  }
  CHECK(texts.size() == changes);
}

TEST_CASE("every threshold has a signal of its own and the default that the documents give it") {
  std::map<std::string_view, double> defaults;
  for (const auto& signal : threshold_signals) defaults[signal.name] = Thresholds{}.*signal.value;
  const double off = std::numeric_limits<double>::infinity();
  CHECK(defaults == std::map<std::string_view, double>{{"error_ratio", 0.05},
                                                       {"failing_ratio", 0.5},
                                                       {"higher_error_ratio", 1.5},
                                                       {"latency_ratio", 1.5},
                                                       {"higher_latency_ratio", 1.3},
                                                       {"latency_seconds", off},
                                                       {"confidence_ratio", 0.8},
                                                       {"min_requests", 50},
                                                       {"failing_min_requests", 10},
                                                       {"latency_min_requests", 100},
                                                       {"down_min_requests", 10}});
}

TEST_CASE("reason names are unique and every reason has a meaning") {
  std::set<std::string_view> names;
  for (const auto& info : all_reasons()) {
    CHECK(names.insert(info.name).second);
    CHECK(info.meaning.size() > 10);
    CHECK(info.meaning.back() == '.');
  }
}
