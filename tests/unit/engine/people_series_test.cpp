#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench.hpp"
#include "engine/recent_rollbacks.hpp"
#include "engine/stop_file.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

namespace {

const std::string canary =
    R"(namespace="ml",inferenceservice="iris",component="predictor",revision="iris-predictor-00002")";

// The lines of the metrics that begin with `start`, those about a record without its id.
std::vector<std::string> lines(const Metrics& metrics, const std::string& start) {
  std::vector<std::string> out;
  std::istringstream text(metrics.text());
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(start)) continue;
    if (const auto at = line.find(R"(record=")"); at != std::string::npos) line.erase(at + 8, 32);
    out.push_back(line);
  }
  return out;
}

// The background looks once a second.
std::vector<std::string> soon(const Metrics& metrics, const std::string& start) {
  for (int i = 0; i < 1000 && lines(metrics, start).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return lines(metrics, start);
}

void roll_back(Bench& bench) {
  bench.start();
  bench.list();
  REQUIRE(bench.deliver({firing("CanaryFailing")}).text == "rolled_back ml/iris");
}

Intent rollback_of(int number, std::int64_t generation = 5) {
  Intent intent;
  intent.id = "record-" + std::to_string(number);
  intent.target = {Namespace("ml"), ServiceName("iris-" + std::to_string(number))};
  intent.uid = Uid("uid-1");
  intent.generation = generation;
  intent.changes = {{"predictor", "iris-predictor-00002", "iris-predictor-00001", 5, 0}};
  return intent;
}

traffic::Rollout rollout_at(std::optional<std::int64_t> percent, std::int64_t generation) {
  traffic::Rollout rollout;
  rollout.uid = Uid("uid-1");
  rollout.generation = generation;
  rollout.components.resize(1);
  auto& c = rollout.components[0];
  c.raw_percent = percent;
  c.latest_ready = Revision("iris-predictor-00002");
  c.latest_rolledout = Revision("iris-predictor-00001");
  c.percent_manager = "argocd";
  c.route.status = traffic::ConditionStatus::is_true;
  return rollout;
}

std::size_t undone(const RecentRollbacks& recent, WallTime now) { return recent.series(now)[1].samples.size(); }

const WallTime noon(std::chrono::microseconds(1'785'585'600'000'000));

// The id of the rollback's records: a rehearsal may be recorded at any time.
std::string rolled_back_by(const Bench& bench) {
  for (const auto& record : bench.log.records()) {
    if (record.action == "rollback") return record.id;
  }
  return {};
}

}  // namespace

TEST_CASE("a rollback is told by its time and its record for one hour") {
  Bench bench;
  roll_back(bench);
  const std::string name = "canaryd_last_rollback_timestamp_seconds{";
  CHECK(lines(bench.metrics, name) == std::vector<std::string>{name + canary + R"(,record=""} 1785585600)"});
  CHECK(bench.metrics.text().find(R"(record=")" + rolled_back_by(bench) + '"') != std::string::npos);
  bench.clock.set(noon + std::chrono::hours(1));
  CHECK(lines(bench.metrics, name).size() == 1);
  bench.clock.set(noon + std::chrono::minutes(61));
  CHECK(lines(bench.metrics, name).empty());
}

TEST_CASE("a canary at 0 is unconfirmed until status shows it without traffic") {
  Bench bench;
  roll_back(bench);
  const std::string name = "canaryd_rollback_unconfirmed{";
  CHECK(lines(bench.metrics, name) == std::vector<std::string>{name + canary + R"(,reason="rollback_pending"} 1)"});
  bench.api.object["status"]["conditions"][0]["status"] = "False";
  bench.api.touch();
  bench.watch_event();
  CHECK(lines(bench.metrics, name) == std::vector<std::string>{name + canary + R"(,reason="rollback_blocked"} 1)"});
  bench.api.reconcile();
  bench.watch_event();
  CHECK_MESSAGE(lines(bench.metrics, name).size() == 1, "the ingress is not programmed yet");
  bench.api.object["status"]["conditions"][0]["status"] = "True";
  bench.api.touch();
  bench.watch_event();
  CHECK(lines(bench.metrics, name).empty());
}

TEST_CASE("a canary that another set to 0 is unconfirmed likewise and after a restart too") {
  Bench bench;
  bench.start();
  bench.api.object["spec"]["predictor"]["canaryTrafficPercent"] = 0;
  bench.list();
  CHECK(lines(bench.metrics, "canaryd_rollback_unconfirmed{").size() == 1);
}

TEST_CASE("a rollback that a former process left unconfirmed is told again") {
  Bench bench;
  audit::Record record;
  record.kind = audit::Kind::outcome;
  record.id = "0123456789abcdef0123456789abcdef";
  record.action = "rollback";
  record.target = audit::TargetRef{"ml", "iris", "uid-1"};
  record.generation = 5;
  record.changes = {{"predictor", "iris-predictor-00002", "iris-predictor-00001", 5, 0}};
  bench.log.recovered_.unconfirmed = {record};
  bench.start();
  CHECK(lines(bench.metrics, "canaryd_last_rollback_timestamp_seconds{").size() == 1);
}

TEST_CASE("traffic that another manager gives back is told with the manager's name") {
  Bench bench;
  roll_back(bench);
  bench.api.reconcile();
  bench.watch_event();
  bench.api.object["spec"]["predictor"]["canaryTrafficPercent"] = 20;
  bench.api.object["metadata"]["generation"] = 7;
  bench.api.object["metadata"]["managedFields"][0]["manager"] = "argocd";
  bench.api.touch();
  bench.watch_event();
  const std::string name = "canaryd_rollback_undone_timestamp_seconds{";
  const std::vector<std::string> told{name + canary + R"(,record="",manager="argocd"} 1785585600)"};
  CHECK(soon(bench.metrics, name) == told);
  bench.deliver({firing("CanaryHigherLatency")});
  CHECK(bench.api.percent() == 0);
  CHECK_MESSAGE(lines(bench.metrics, name) == told, "it is told though it was rolled back again");
}

TEST_CASE("only a later version of the same object with the same canary tells that a rollback was undone") {
  std::optional<traffic::Rollout> copy;
  const auto find = [&](const Target&) { return copy; };
  const auto undone_by = [&](std::optional<traffic::Rollout> seen) {
    RecentRollbacks recent;
    recent.add(rollback_of(1), noon);
    copy = std::move(seen);
    recent.look(find, noon);
    return undone(recent, noon) == 1;
  };
  CHECK(undone_by(rollout_at(20, 7)));
  CHECK_MESSAGE(undone_by(rollout_at(std::nullopt, 7)), "without a percent the newest ready revision has everything");
  CHECK_FALSE(undone_by(rollout_at(0, 7)));
  CHECK_FALSE(undone_by(rollout_at(5, 5)));
  CHECK_FALSE(undone_by(std::nullopt));
  auto other = rollout_at(20, 7);
  other.uid = Uid("uid-2");
  CHECK_FALSE(undone_by(other));
  auto newer = rollout_at(20, 7);
  newer.components[0].latest_ready = Revision("iris-predictor-00003");
  CHECK_FALSE(undone_by(newer));
  newer.components.clear();
  CHECK_FALSE(undone_by(newer));
}

TEST_CASE("an undoing is noted once for each rollback") {
  RecentRollbacks recent;
  const auto find = [](const Target&) { return std::optional(rollout_at(20, 7)); };
  recent.add(rollback_of(1), noon);
  recent.look(find, noon);
  recent.look(find, noon + std::chrono::minutes(5));
  CHECK(recent.series(noon)[1].samples[0].value == doctest::Approx(1785585600.0));
  recent.add(rollback_of(1, 6), noon + std::chrono::minutes(6));
  recent.look(find, noon + std::chrono::minutes(7));
  const auto families = recent.series(noon + std::chrono::minutes(7));
  REQUIRE(families[1].samples.size() == 1);
  CHECK(families[1].samples[0].value == doctest::Approx(1785585600.0 + 7 * 60));
  CHECK(families[0].samples.size() == 1);
  recent.look(find, noon + std::chrono::hours(2));
  CHECK_MESSAGE(undone(recent, noon) == 0, "what is too old is given up");
}

TEST_CASE("at most one hundred rollbacks are told and the newest are kept") {
  RecentRollbacks recent;
  for (int i = 0; i < 250; ++i) recent.add(rollback_of(i), noon);
  const auto samples = recent.series(noon)[0].samples;
  REQUIRE(samples.size() == 100);
  CHECK(samples.front().labels[1].second == "iris-150");
  CHECK(samples.back().labels[1].second == "iris-249");
}

TEST_CASE("the rehearsal of a canary in flight is told by its reason") {
  Bench bench;
  bench.start();
  bench.list();
  const std::string name = "canaryd_rollback_rehearsed{";
  const std::string service = R"(namespace="ml",inferenceservice="iris",)";
  CHECK(soon(bench.metrics, name) == std::vector<std::string>{name + service + R"(reason="rehearsed"} 1)"});
  bench.deliver({firing("CanaryFailing")});
  bench.api.reconcile();
  bench.watch_event();
  for (int i = 0; i < 1000 && !lines(bench.metrics, name).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(lines(bench.metrics, name).empty());
}

TEST_CASE("since when the stop file stands is its own time") {
  const auto file = std::filesystem::temp_directory_path() / ("canaryd-stop-" + std::to_string(::getpid()));
  CHECK(stop_file_since(file) == 0);
  CHECK(stop_file_since("") == 0);
  std::ofstream(file) << "stop";
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(std::abs(stop_file_since(file) - now) < 60);
  std::filesystem::remove(file);
}
