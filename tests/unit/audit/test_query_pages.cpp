#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "../../../src/audit/query_cursor.hpp"
#include "canaryd/audit/query_pages.hpp"
#include "query_log.hpp"

namespace canaryd::audit::test {

namespace {

const std::string log_id = "aaaabbbbccccdddd";

struct Pages {
  MemoryFiles files;
  QueryLog log{files};
  ManualClock clock;  // from 2026-08-01T12:00:00.000001Z
  PageReader read = page_reader(folder, files, clock, log_id);

  Pages() {
    for (const char* time : {"2026-07-30T12:00:00Z", "2026-07-31T12:00:00Z", "2026-08-01T11:00:00Z"}) {
      log.begin(time);
      for (int i = 0; i < 9; ++i) log.add(time, about("d" + std::to_string(i), i % 3 == 0 ? "web" : "ml", "iris"));
    }
  }
  Page page(const PageRequest& request) const {
    auto read_page = read(request);
    INFO((read_page ? std::string() : read_page.error().message));
    REQUIRE(read_page);
    return *read_page;
  }
  Error refused(const PageRequest& request) const {
    const auto read_page = read(request);
    REQUIRE_FALSE(read_page);
    return read_page.error();
  }
  // All pages of a request; `between` is called before each further one.
  std::vector<std::string> all(PageRequest request, const std::function<void()>& between = {}) const {
    std::vector<std::string> lines;
    for (int pages = 0; pages < 200; ++pages) {
      auto read_page = page(request);
      CHECK(read_page.records.size() <= request.limit);
      lines.insert(lines.end(), read_page.records.begin(), read_page.records.end());
      if (read_page.next.empty()) return lines;
      request.cursor = read_page.next;
      if (between) between();
    }
    FAIL("the pages do not end");
    return lines;
  }
};

PageRequest request_of(std::size_t limit, bool newest_first = false,
                       std::vector<std::pair<std::string, std::string>> conditions = {}) {
  return {std::move(conditions), {}, newest_first, limit, ""};
}

std::vector<std::string> reversed(std::vector<std::string> lines) {
  std::reverse(lines.begin(), lines.end());
  return lines;
}

// Each look at it takes half a second.
class SlowClock final : public Clock {
 public:
  WallTime now() const override { return at("2026-08-01T12:00:00Z"); }
  SteadyTime steady() const override { return SteadyTime(std::chrono::milliseconds(500 * ++looks_)); }

 private:
  mutable std::atomic<int> looks_{0};
};

// Whoever looks at it waits until it is released.
class StoppedClock final : public Clock {
 public:
  WallTime now() const override { return at("2026-08-01T12:00:00Z"); }
  SteadyTime steady() const override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return released_; });
    return {};
  }
  void wait_for(int waiting) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= waiting; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable int waiting_ = 0;
  bool released_ = false;
};

}  // namespace

TEST_CASE("pages of any size together are the whole log in either order") {
  const Pages pages;
  for (const std::size_t limit : {1U, 7U, 10U, 29U, 30U, 31U, 1000U}) {
    CHECK(pages.all(request_of(limit)) == pages.log.lines());
    CHECK(pages.all(request_of(limit, true)) == reversed(pages.log.lines()));
  }
}

TEST_CASE("a filter and the namespaces of a client hold on every page") {
  const Pages pages;
  CHECK(pages.all(request_of(2, false, {{"namespace", "web"}})).size() == 9);
  auto request = request_of(2);
  request.namespaces = {"web"};
  CHECK(pages.all(request).size() == 9);
  request.conditions = {{"namespace", "m*"}};
  CHECK(pages.all(request).empty());
  request.namespaces = {"web", "ml"};
  CHECK(pages.all(request).size() == 18);
}

TEST_CASE("a cursor stays good while segments are begun, compressed and removed") {
  Pages pages;
  const auto before = pages.log.lines();
  int step = 0;
  const auto change = [&] {
    ++step;
    if (step == 1) pages.log.compress(0);
    if (step == 2) pages.log.begin("2026-08-01T11:30:00Z");
    if (step == 3) pages.log.add("2026-08-01T11:40:00Z", about("new", "ml", "iris"));
    if (step == 4) pages.log.compress(1);
    if (step == 5) pages.log.remove_records(0);
  };
  const auto lines = pages.all(request_of(4), change);
  CHECK(step > 5);
  // What was there at first, then what was begun meanwhile.
  REQUIRE(lines.size() == before.size() + 2);
  CHECK(std::equal(before.begin(), before.end(), lines.begin()));
}

TEST_CASE("newest first, records that come meanwhile do not move the pages") {
  Pages pages;
  const auto before = reversed(pages.log.lines());
  int step = 0;
  const auto change = [&] {
    pages.log.add("2026-08-01T11:40:00Z", about("new", "ml", "iris"));
    if (++step == 2) pages.log.begin("2026-08-01T11:50:00Z");
    if (step == 3) pages.log.compress(2);
  };
  CHECK(pages.all(request_of(4, true), change) == before);
}

TEST_CASE("relative times count from the moment of the first page") {
  Pages pages;
  auto request = request_of(3, false, {{"since", "-1d1h"}});
  const auto lines = pages.all(request, [&] { pages.clock.advance(std::chrono::hours(24)); });
  CHECK(lines.size() == 20);
}

TEST_CASE("a cursor that is none, or of another order or log, is refused") {
  const Pages pages;
  auto request = request_of(3);
  const std::string good = pages.page(request).next;
  request.cursor = good;
  CHECK(pages.page(request).records.size() == 3);
  for (const std::string& cursor :
       {std::string("x"), good + "0x", good + ".", "." + good, good.substr(1), std::string(100, '1'),
        std::string("aaaabbbb.x.1.1"), std::string("aaaabbbb.o.01.1"), std::string("aaaabbbb.o.-1.1"),
        std::string("aaaabbbb.o.99999999999999999999.1")}) {
    CAPTURE(cursor);
    request.cursor = cursor;
    CHECK(pages.refused(request).message.find("cursor: expected") == 0);
  }
  request.cursor = good;
  request.newest_first = true;
  CHECK(pages.refused(request).message.find("reverse is another") != std::string::npos);
  request.newest_first = false;
  MemoryFiles files;
  const auto other = page_reader(folder, files, pages.clock, "bbbbcccc");
  CHECK(other(request).error().message == "cursor: expected one of this log, which began anew");
}

TEST_CASE("a cursor is read as it was written") {
  const Cursor cursor{"aaaabbbb", true, 1234, at("2026-08-01T12:00:00.5Z")};
  CHECK(read_cursor(to_text(cursor)) == cursor);
  CHECK(to_text(cursor).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos);
}

TEST_CASE("a cursor of a time that no calendar has is none") {
  CHECK(read_cursor("aaaabbbb.n.1.0"));
  CHECK(read_cursor("aaaabbbb.n.1.253402300799999999"));
  for (const char* time : {"-1", "253402300800000000", "9223372036854775807", "-9223372036854775808"}) {
    CHECK_FALSE(read_cursor(std::string("aaaabbbb.n.1.") + time));
  }
}

TEST_CASE("a bad condition is refused before the log is looked for") {
  const Pages pages;
  CHECK(pages.refused(request_of(3, false, {{"kind", "outcom"}})).kind == ErrorKind::invalid);
  MemoryFiles files;
  const auto read = page_reader("/nowhere", files, pages.clock, log_id);
  CHECK(read(request_of(3, false, {{"kind", "outcom"}})).error().kind == ErrorKind::invalid);
  CHECK(read(request_of(3)).error().kind == ErrorKind::not_found);
}

TEST_CASE("a page that took its time ends with a cursor and the pages find all") {
  Pages pages;
  const SlowClock clock;
  pages.read = page_reader(folder, pages.files, clock, log_id);
  pages.log.compress(0);
  for (int i = 0; i < 500; ++i) pages.log.add("2026-08-01T11:00:00Z", about("more", "ml", "iris"));
  pages.log.add("2026-08-01T11:00:00Z", about("last", "ml", "needle"));
  for (const bool newest_first : {false, true}) {
    const auto request = request_of(10, newest_first, {{"name", "needle"}});
    int pages_read = 1;
    CHECK(pages.all(request, [&] { ++pages_read; }).size() == 1);
    CHECK(pages_read > 1);
  }
}

TEST_CASE("a page ends at half a mebibyte") {
  Pages pages;
  Record large = about("large", "ml", "large");
  large.message = std::string(100'000, 'x');
  for (int i = 0; i < 20; ++i) pages.log.add("2026-08-01T11:00:00Z", large);
  const auto request = request_of(1000, false, {{"name", "large"}});
  CHECK(pages.page(request).records.size() == 6);
  CHECK(pages.all(request).size() == 20);
}

TEST_CASE("more than two queries at a time are put off") {
  Pages pages;
  StoppedClock clock;
  pages.read = page_reader(folder, pages.files, clock, log_id);
  std::vector<std::thread> running;
  std::atomic<int> done{0};
  for (int i = 0; i < 2; ++i) {
    running.emplace_back([&] { done += pages.read(request_of(3)) ? 1 : 0; });
  }
  clock.wait_for(2);
  for (int i = 0; i < 5; ++i) {
    const auto error = pages.refused(request_of(3));
    CHECK(error.kind == ErrorKind::throttled);
    CHECK(error.retry_after == std::chrono::seconds(1));
  }
  clock.release();
  for (auto& each : running) each.join();
  CHECK(done == 2);
  CHECK(pages.page(request_of(3)).records.size() == 3);
}

}  // namespace canaryd::audit::test
