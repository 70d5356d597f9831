#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "heap_peak.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// A real file, so that the log itself is not in this process' memory.
struct LargeLog {
  std::string folder =
      (std::filesystem::temp_directory_path() / ("canaryd-audit-large-" + std::to_string(::getpid()))).string();
  std::unique_ptr<Files> files = posix_files();
  SystemClock clock;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;

  ~LargeLog() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  Result<std::unique_ptr<AuditLog>> open() { return AuditLog::open({folder}, *files, clock, logger, metrics); }
  void grow(int decisions) {
    const auto log = open();
    REQUIRE(log);
    for (int i = 0; i < decisions; i += 500) {
      std::vector<Record> records;
      for (int j = 0; j < 500; j += 2) {
        const auto id = std::to_string(i + j);
        records.push_back(intent(id));
        records.push_back(outcome(id, "not_applied"));
      }
      REQUIRE((*log)->append(records));
    }
  }
};

}  // namespace

TEST_CASE("a log of more than a hundred thousand records is verified and read back in the memory of a small one") {
  LargeLog lab;
  const auto peak_of = [&](auto work) {
    const auto before = heap_in_use();
    take_heap_peak();
    work();
    return take_heap_peak() - before;
  };
  const auto look = [&] {
    const auto verdict = verify(lab.folder);
    REQUIRE(verdict);
    CHECK(verdict->intact);
    CHECK(verdict->open_intents.empty());
  };
  lab.grow(5000);
  const auto small = peak_of(look);
  lab.grow(100000);
  CHECK(verify(lab.folder)->records == 105001);
  const auto started = std::chrono::steady_clock::now();
  const auto large = peak_of(look);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const auto opening = peak_of([&] { REQUIRE(lab.open()); });
  MESSAGE("bytes held: " << small << " for 5001 records, " << large << " for 105001 (" << took.count()
                         << " s), to open: " << opening);
  CHECK(large < small + 100000);
  CHECK(large < 4 << 20);
  CHECK(opening < 4 << 20);
}
