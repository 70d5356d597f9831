#include "canaryd/policy/policy.hpp"

#include <doctest/doctest.h>

#include <set>

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
  changed([](Policy& p) { p.thresholds.error_ratio = 0.1; });
  changed([](Policy& p) { p.thresholds.failing_ratio = 0.1; });
  changed([](Policy& p) { p.thresholds.min_requests = 1; });
  changed([](Policy& p) { p.thresholds.failing_min_requests = 1; });
  CHECK(texts.size() == changes);
}

TEST_CASE("reason names are unique and every reason has a meaning") {
  std::set<std::string_view> names;
  for (const auto& info : all_reasons()) {
    CHECK(names.insert(info.name).second);
    CHECK(info.meaning.size() > 10);
    CHECK(info.meaning.back() == '.');
  }
}
