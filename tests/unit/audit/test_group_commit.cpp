#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <thread>

#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

void in_threads(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> all;
  all.reserve(static_cast<std::size_t>(threads));
  for (int t = 0; t < threads; ++t) all.emplace_back([&work, t] { work(t); });
  for (auto& thread : all) thread.join();
}

}  // namespace

TEST_CASE("appends of many threads share their fdatasyncs and keep one order") {
  Lab lab;
  const auto log = lab.log();
  lab.files.slow_sync(2);
  constexpr int threads = 32;
  constexpr int each = 20;
  std::mutex mutex;
  std::set<std::uint64_t> seqs;
  const int before = lab.files.count(Op::sync);
  in_threads(threads, [&](int thread) {
    for (int i = 0; i < each; ++i) {
      const auto seq = log->append(decision(std::to_string(thread) + "-" + std::to_string(i)));
      const std::lock_guard guard(mutex);
      if (seq) seqs.insert(*seq);
    }
  });
  const int syncs = lab.files.count(Op::sync) - before;
  MESSAGE("fdatasyncs for " << threads * each << " appends of " << threads << " threads: " << syncs);
  CHECK(seqs.size() == threads * each);
  CHECK(*seqs.rbegin() == threads * each);
  CHECK(syncs < threads * each / 4);
  CHECK(lab.verdict().intact);
  CHECK(lab.verdict().records == threads * each + 1);
}

TEST_CASE("every record is where its append said") {
  Lab lab;
  const auto log = lab.log();
  std::mutex mutex;
  std::map<std::uint64_t, std::string> told;
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 50; ++i) {
      const auto id = std::to_string(thread) + "-" + std::to_string(i);
      const auto seq = log->append({decision(id), decision(id + "-second")});
      const std::lock_guard guard(mutex);
      told[seq.value()] = id;
    }
  });
  const auto lines = lab.lines();
  for (const auto& [seq, id] : told) {
    CHECK(lines.at(seq).find("\"id\":\"" + id + "\"") != std::string::npos);
    CHECK(lines.at(seq + 1).find("\"id\":\"" + id + "-second\"") != std::string::npos);
  }
}

TEST_CASE("a failed fdatasync fails all that waited for it and only them") {
  Lab lab;
  const auto log = lab.log();
  lab.files.slow_sync(1);
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::set<std::string> failed;
  lab.files.fail(Op::sync, 5, EIO);
  in_threads(16, [&](int thread) {
    for (int i = 0; i < 30; ++i) {
      const auto id = std::to_string(thread) + "-" + std::to_string(i);
      const bool done = log->append(intent(id)).has_value();
      const std::lock_guard guard(mutex);
      (done ? acknowledged : failed).insert(id);
    }
  });
  CHECK_FALSE(failed.empty());
  CHECK(acknowledged.size() + failed.size() == 16 * 30);
  lab.files.restart(Lost::all);
  const auto verdict = lab.verdict();
  CHECK(verdict.intact);
  CHECK(std::set<std::string>(verdict.open_intents.begin(), verdict.open_intents.end()) == acknowledged);
}

TEST_CASE("looks at the log come between appends and hold up none of them") {
  Lab lab;
  const auto log = lab.log();
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 200; ++i) {
      if (thread < 4) {
        CHECK(log->check());
      } else {
        CHECK(log->append(decision(std::to_string(i))));
      }
    }
  });
  CHECK(log->writable());
  CHECK(lab.lines().size() == 801);
  CHECK(lab.verdict().intact);
}
