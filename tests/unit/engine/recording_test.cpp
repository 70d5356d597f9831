#include "bench.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

namespace {

// Alerts about `count` services that are not there.
std::vector<alert::Alert> about_absent_services(int count) {
  std::vector<alert::Alert> alerts;
  for (int i = 0; i < count; ++i) {
    alerts.push_back(firing("CanaryHighErrorRate"));
    alerts.back().labels["inferenceservice"] = "gone-" + std::to_string(i);
  }
  return alerts;
}

}  // namespace

TEST_CASE("the decisions of one notification wait for the disk once") {
  Bench bench;
  bench.start();  // without a list: a canary would be rehearsed meanwhile, which is a record too
  const int before = bench.log.appends;
  const auto records = bench.log.records().size();
  CHECK(bench.deliver(about_absent_services(100)).status == 200);
  CHECK(bench.log.appends == before + 1);
  CHECK(bench.log.records().size() == records + 100);
}

TEST_CASE("a rollback does not wait for the decisions beside it to be on disk") {
  Bench bench;
  bench.start();
  bench.list();
  auto alerts = about_absent_services(2);
  alerts.push_back(firing("CanaryFailing"));
  CHECK(bench.deliver(alerts).status == 200);
  CHECK(bench.log.story() == "intent rolled_back, outcome rolled_back applied, decision not_found, decision not_found");
}

TEST_CASE("when one record of a notification cannot be written all of them are asked for again") {
  Bench bench;
  bench.start();
  bench.list();
  bench.log.refuse([](const audit::Record& record) { return record.target && record.target->name == "gone-1"; });
  const auto refused = bench.deliver(about_absent_services(3));
  CHECK(refused.status == 503);
  CHECK(refused.text == "audit_unavailable ml/gone-0; audit_unavailable ml/gone-1; audit_unavailable ml/gone-2");
  CHECK(bench.log.story().empty());
  bench.log.refuse(nullptr);
  CHECK(bench.deliver(about_absent_services(3)).status == 200);
  CHECK(bench.log.story() == "decision not_found, decision not_found, decision not_found");
}

TEST_CASE("the same alert twice in one notification is recorded once and told once") {
  Bench bench;
  bench.start();
  bench.list();
  auto alerts = about_absent_services(1);
  alerts.push_back(alerts.front());
  CHECK(bench.deliver(alerts).text == "not_found ml/gone-0");
  CHECK(bench.log.story() == "decision not_found");
}
