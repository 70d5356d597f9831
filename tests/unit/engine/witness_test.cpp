#include "canaryd/engine/witness.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "config_map_api.hpp"
#include "stepped_clock.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using canaryd::engine::testing::ConfigMapApi;
using std::chrono::seconds;

namespace {

const std::string key = "canaryd-0.00ff";

struct Bench {
  ConfigMapApi api;
  testing::SteppedClock clock;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;
  std::vector<audit::SigningKey> keys;
  Witness witness{{Namespace("canaryd"), "audit", key, "canaryd/canaryd-0"}, api, clock, logger, metrics};

  Bench() { keys.push_back(audit::SigningKey::generate().value()); }
  std::string note(std::uint64_t size, unsigned char root = 0) {
    audit::Hash hash{};
    hash[0] = root;
    return audit::sign_checkpoint("canaryd/00ff", {size, hash}, keys, clock.now());
  }
  void later() {
    clock.step(seconds(10));
    witness.turn();
  }
  std::string there() const { return api.data().value(key, ""); }
  bool shows(const std::string& sample) const { return metrics.text().find(sample + "\n") != std::string::npos; }
  bool in_order() const { return shows("canaryd_audit_witness_in_order 1"); }
  std::string failures(int count) const {
    return "canaryd_audit_checkpoint_failures_total{where=\"witness\"} " + std::to_string(count);
  }
};

}  // namespace

TEST_CASE("a checkpoint makes the ConfigMap and the next one replaces it") {
  Bench bench;
  const auto first = bench.note(1);
  bench.witness.offer(first);
  bench.witness.turn();
  CHECK(bench.there() == first);
  const auto second = bench.note(2);
  bench.witness.offer(second);
  bench.later();
  CHECK(bench.there() == second);
  CHECK(bench.in_order());
}

TEST_CASE("at most one write in ten seconds and the newest wins") {
  Bench bench;
  std::string newest;
  for (std::uint64_t size = 1; size <= 40; ++size) {
    newest = bench.note(size);
    bench.witness.offer(newest);
    bench.witness.turn();
    bench.clock.step(seconds(1));
  }
  CHECK(bench.api.creates + bench.api.patches == 4);
  bench.later();
  CHECK(bench.there() == newest);
}

TEST_CASE("the stop writes what waits without waiting for its turn") {
  Bench bench;
  bench.witness.offer(bench.note(1));
  bench.witness.turn();
  const auto last = bench.note(2);
  bench.witness.offer(last);
  bench.witness.flush();
  CHECK(bench.there() == last);
  bench.witness.flush();
  CHECK(bench.api.patches == 1);
}

TEST_CASE("the keys of other logs stay") {
  Bench bench;
  bench.api.edit([](auto& data) { data["canaryd-1.aa11"] = "another's"; });
  bench.witness.offer(bench.note(1));
  bench.witness.turn();
  CHECK(bench.there() == bench.note(1));
  CHECK(bench.api.data().value("canaryd-1.aa11", "") == "another's");
}

TEST_CASE("a failure is told and counted and tried again with the newest") {
  Bench bench;
  bench.api.read_error = Error{ErrorKind::forbidden, "may not", 403};
  bench.witness.offer(bench.note(1));
  bench.witness.turn();
  CHECK(!bench.in_order());
  bench.later();
  CHECK(bench.shows(bench.failures(2)));
  const auto newest = bench.note(2);
  bench.witness.offer(newest);
  bench.api.read_error.reset();
  bench.later();
  CHECK(bench.there() == newest);
  CHECK(bench.in_order());
}

TEST_CASE("a checkpoint that this log contradicts is never replaced") {
  Bench bench;
  for (const auto& other : {bench.note(100), bench.note(7, 1)}) {
    bench.api.edit([&](auto& data) { data[key] = other; });
    bench.witness.offer(bench.note(7));
    bench.later();
    CHECK(bench.there() == other);
    CHECK(!bench.in_order());
  }
}

TEST_CASE("what is there already is not written again") {
  Bench bench;
  bench.witness.offer(bench.note(7));
  bench.witness.turn();
  bench.clock.step(seconds(60));
  bench.witness.offer(bench.note(7));
  bench.witness.turn();
  CHECK(bench.api.patches == 0);
  CHECK(bench.in_order());
}

TEST_CASE("a write that comes between is not undone") {
  Bench bench;
  bench.witness.offer(bench.note(1));
  bench.witness.turn();
  const auto longer = bench.note(100);
  bench.api.before_patch = [&] { bench.api.edit([&](auto& data) { data[key] = longer; }); };
  bench.witness.offer(bench.note(2));
  bench.later();
  bench.api.before_patch = nullptr;
  CHECK(bench.there() == longer);
  CHECK(!bench.in_order());
  bench.later();
  CHECK(bench.there() == longer);
}
