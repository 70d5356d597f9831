#include "canaryd/base/time_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace canaryd;
using namespace std::chrono_literals;

namespace {

// The time as canaryd writes it, "none" when it cannot be read.
std::string read_back(const char* text) {
  const std::optional<WallTime> time = parse_rfc3339(text);
  return time ? to_rfc3339(*time) : "none";
}

// In milliseconds, -1 when it cannot be read.
std::int64_t duration(const char* text) { return parse_duration(text).value_or(-1ms).count(); }

}  // namespace

TEST_CASE("times are written in UTC with six decimals") {
  CHECK(to_rfc3339(WallTime(0us)) == "1970-01-01T00:00:00.000000Z");
  CHECK(to_rfc3339(WallTime(-1us)) == "1969-12-31T23:59:59.999999Z");
  CHECK(to_rfc3339(WallTime(1785585785431000us)) == "2026-08-01T12:03:05.431000Z");
}

TEST_CASE("what is written is read back") {
  for (const char* text :
       {"1970-01-01T00:00:00.000000Z", "2026-08-01T12:03:05.431007Z", "0001-01-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.999999Z", "2024-02-29T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z"}) {
    CHECK(read_back(text) == text);
  }
}

TEST_CASE("decimals may be any number and what is finer than a microsecond is cut") {
  CHECK(read_back("2026-08-01T12:03:05Z") == "2026-08-01T12:03:05.000000Z");
  CHECK(read_back("2026-08-01T12:03:05.4Z") == "2026-08-01T12:03:05.400000Z");
  CHECK(read_back("2026-08-01T12:03:05.123456999Z") == "2026-08-01T12:03:05.123456Z");
  CHECK(read_back("2026-08-01T12:03:05.00000000000000000000000000009Z") == "2026-08-01T12:03:05.000000Z");
  CHECK(read_back("2026-08-01T12:03:05.Z") == "none");
}

TEST_CASE("offsets are taken off") {
  CHECK(read_back("2026-08-01T12:00:00+02:00") == "2026-08-01T10:00:00.000000Z");
  CHECK(read_back("2026-08-01T12:00:00-05:30") == "2026-08-01T17:30:00.000000Z");
  CHECK(read_back("2026-01-01T00:30:00+01:00") == "2025-12-31T23:30:00.000000Z");
  CHECK(read_back("2026-08-01T12:00:00-00:00") == "2026-08-01T12:00:00.000000Z");
  for (const char* bad : {"2026-08-01T12:00:00", "2026-08-01T12:00:00+0200", "2026-08-01T12:00:00+24:00",
                          "2026-08-01T12:00:00+02:60", "2026-08-01T12:00:00+2:00", "2026-08-01T12:00:00Z "}) {
    CHECK(read_back(bad) == "none");
  }
}

TEST_CASE("a leap second is read as the next one") {
  CHECK(read_back("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00.000000Z");
  CHECK(read_back("2016-12-31T23:59:61Z") == "none");
}

TEST_CASE("days and times that do not exist are refused") {
  CHECK(read_back("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000000Z");
  for (const char* bad :
       {"2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "1900-02-29T00:00:00Z"}) {
    CAPTURE(bad);
    CHECK(read_back(bad) == "none");
  }
}

TEST_CASE("years run from 1 to 9999 in UTC") {
  CHECK(read_back("0000-01-01T00:00:00Z") == "none");
  CHECK(read_back("10000-01-01T00:00:00Z") == "none");
  CHECK(read_back("-001-01-01T00:00:00Z") == "none");
  CHECK(read_back("0001-01-01T00:00:00+00:01") == "none");
  CHECK(read_back("9999-12-31T23:59:59-00:01") == "none");
  CHECK(read_back("9999-12-31T23:59:60Z") == "none");
}

TEST_CASE("other forms of a time are refused") {
  for (const char* bad :
       {"", "yesterday", "1785585785", "2026-08-01", "20260801T120305Z", "2026-8-1T12:03:05Z", "2026-08-01T12:03Z",
        "2026-08-01T1a:03:05Z", " 2026-08-01T12:03:05Z", "2026/08/01T12:03:05Z"}) {
    CAPTURE(bad);
    CHECK(read_back(bad) == "none");
  }
}

TEST_CASE("durations are read as Prometheus writes them") {
  CHECK(duration("500ms") == 500);
  CHECK(duration("30s") == 30'000);
  CHECK(duration("10m") == 600'000);
  CHECK(duration("1h30m") == 5'400'000);
  CHECK(duration("2d") == 172'800'000);
  CHECK(duration("1w") == 604'800'000);
  CHECK(duration("1y") == 31'536'000'000);
  CHECK(duration("1d2h3m4s5ms") == 93'784'005);
  CHECK(duration("0s") == 0);
  CHECK(duration("90m") == 5'400'000);
}

TEST_CASE("other forms of a duration are refused") {
  for (const char* bad : {"", "0", "5", "-5s", "+5s", "1.5h", "5 m", " 5m", "5m ", "5M", "m", "1m1h", "5m5m", "5sec",
                          "1000y", "99999999999999999999s", "5us"}) {
    CAPTURE(bad);
    CHECK(duration(bad) == -1);
  }
}

TEST_CASE("durations are written short and exact") {
  CHECK(to_text(0ms) == "0s");
  CHECK(to_text(500ms) == "500ms");
  CHECK(to_text(90min) == "1h30m");
  CHECK(to_text(48h) == "2d");
  CHECK(to_text(61s) == "1m1s");
  for (const std::int64_t count : {1LL, 999LL, 1000LL, 93'784'005LL, 604'800'000LL, 31'536'000'000LL}) {
    CHECK(parse_duration(to_text(std::chrono::milliseconds(count))) == std::chrono::milliseconds(count));
  }
}
