#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "canaryd/audit/refusals.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// A log that keeps its records and can be stuck, or refuse.
class HeldLog final : public AuditLog {
 public:
  Result<std::uint64_t> append(const Record& record) override { return append(std::vector<Record>{record}); }
  Result<std::uint64_t> append(const std::vector<Record>& records) override {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return !stuck_; });
    if (refusing_) return fail(Error::io("no disk"));
    records_.insert(records_.end(), records.begin(), records.end());
    changed_.notify_all();
    return records_.size();
  }
  Status check() override { return {}; }
  bool writable() const override { return true; }
  const Recovered& recovered() const override { return recovered_; }
  const std::string& log_id() const override { return id_; }
  Progress progress() const override { return {}; }
  void stop_beginning(const std::string&) override {}

  void set(bool stuck, bool refusing) {
    const std::lock_guard guard(mutex_);
    stuck_ = stuck;
    refusing_ = refusing;
    changed_.notify_all();
  }
  std::vector<Record> wait_for(std::size_t count) {
    std::unique_lock guard(mutex_);
    changed_.wait_for(guard, std::chrono::seconds(30), [&] { return records_.size() >= count; });
    return records_;
  }
  std::vector<Record> records() {
    const std::lock_guard guard(mutex_);
    return records_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stuck_ = false;
  bool refusing_ = false;
  std::vector<Record> records_;
  Recovered recovered_;
  std::string id_;
};

std::uint64_t sum(const std::vector<Record>& records) {
  std::uint64_t total = 0;
  for (const auto& record : records) total += record.count;
  return total;
}

}  // namespace

TEST_CASE("the first refusal is recorded at once and the rest of its minute in one record") {
  HeldLog log;
  ManualClock clock;
  RefusalSummary summary(log, clock);
  summary.note("unauthenticated", "10.0.0.1");
  const auto first = log.wait_for(1);
  REQUIRE(first.size() == 1);
  CHECK(first[0].kind == Kind::received);
  CHECK(first[0].event == "unauthenticated");
  CHECK(first[0].peer == "10.0.0.1");
  CHECK(first[0].count == 1);
  CHECK(first[0].message == "1 request from 10.0.0.1 was refused: unauthenticated.");
  for (int i = 0; i < 500; ++i) summary.note("unauthenticated", "10.0.0.1");
  summary.note("unauthenticated", "10.0.0.2");
  const auto other = log.wait_for(2);  // by then the first one's sum was looked at too
  REQUIRE(other.size() == 2);
  CHECK(other[1].peer == "10.0.0.2");
  clock.advance(std::chrono::seconds(61));
  const auto second = log.wait_for(3);
  REQUIRE(second.size() == 3);
  CHECK(second[2].count == 500);
  CHECK(second[2].message == "500 requests from 10.0.0.1 were refused: unauthenticated.");
}

TEST_CASE("sixteen addresses are named and all further ones are others") {
  HeldLog log;
  ManualClock clock;
  {
    RefusalSummary summary(log, clock);
    for (int i = 0; i < 1000; ++i)
      summary.note("too_large", "10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200));
    summary.note("unauthenticated", "10.9.9.9");
  }
  const auto records = log.records();
  CHECK(sum(records) == 1001);
  std::set<std::string> peers;
  std::size_t others = 0;
  for (const auto& record : records) {
    if (record.event == "too_large") peers.insert(record.peer);
    others += record.peer == "others" ? record.count : 0;
  }
  CHECK(peers.size() == 17);
  CHECK(others == 984);
  CHECK(records.back().peer == "10.9.9.9");
}

TEST_CASE("addresses that fell silent make room for new ones after their minute") {
  HeldLog log;
  ManualClock clock;
  {
    RefusalSummary summary(log, clock);
    for (int i = 0; i < 16; ++i) summary.note("too_large", "10.0.0." + std::to_string(i));
    log.wait_for(16);
    clock.advance(std::chrono::seconds(61));
    summary.note("too_large", "10.1.1.1");
  }
  CHECK(log.records().back().peer == "10.1.1.1");
}

TEST_CASE("a refusal does not wait for a disk that hangs") {
  HeldLog log;
  ManualClock clock;
  log.set(true, false);
  RefusalSummary summary(log, clock);
  for (int i = 0; i < 10000; ++i) summary.note("unauthenticated", "10.0.0.1");
  CHECK(log.writable());  // reached while the writer is stuck
  log.set(false, false);
}

TEST_CASE("what could not be written is not forgotten") {
  HeldLog log;
  ManualClock clock;
  log.set(false, true);
  {
    RefusalSummary summary(log, clock);
    for (int i = 0; i < 100; ++i) summary.note("unauthenticated", "10.0.0.1");
    log.set(false, false);
    clock.advance(std::chrono::seconds(61));
    summary.note("unauthenticated", "10.0.0.1");
  }
  CHECK(sum(log.records()) == 101);
}

TEST_CASE("notes of many threads are all counted") {
  HeldLog log;
  ManualClock clock;
  {
    RefusalSummary summary(log, clock);
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&summary, t] {
        for (int i = 0; i < 500; ++i) summary.note("too_large", "10.0.0." + std::to_string(t * 5 + i % 5));
      });
    }
    for (auto& thread : threads) thread.join();
  }
  CHECK(sum(log.records()) == 4000);
}
