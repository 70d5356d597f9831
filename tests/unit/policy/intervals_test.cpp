#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "canaryd/policy/gate.hpp"

using namespace canaryd::policy;

namespace {

constexpr double two_sided_95 = 1.959964;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// To the four decimals of the publications.
void check(const Interval& interval, double low, double high) {
  CHECK(std::abs(interval.low - low) < 0.00006);
  CHECK(std::abs(interval.high - high) < 0.00006);
}

bool is_within(const Interval& interval, double low, double high) {
  return interval.low >= low && interval.low <= interval.high && interval.high <= high;
}

}  // namespace

// R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998) 857-872,
// table I, the score method without continuity correction.
TEST_CASE("Wilson intervals are those of Newcombe's examples") {
  check(wilson(81, 263, two_sided_95), 0.2553, 0.3662);
  check(wilson(15, 148, two_sided_95), 0.0624, 0.1605);
  check(wilson(0, 20, two_sided_95), 0.0000, 0.1611);
  check(wilson(1, 29, two_sided_95), 0.0061, 0.1718);
}

// R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
// (1998) 873-890, table II, method 10.
TEST_CASE("intervals of a difference are those of Newcombe's examples") {
  check(newcombe(56, 70, 48, 80, two_sided_95), 0.0524, 0.3339);
  check(newcombe(9, 10, 3, 10, two_sided_95), 0.1705, 0.8090);
  check(newcombe(6, 7, 2, 7, two_sided_95), 0.0582, 0.8062);
  check(newcombe(5, 56, 0, 29, two_sided_95), -0.0381, 0.1926);
  check(newcombe(0, 10, 0, 20, two_sided_95), -0.1611, 0.2775);
  check(newcombe(0, 10, 0, 10, two_sided_95), -0.2775, 0.2775);
  check(newcombe(10, 10, 0, 20, two_sided_95), 0.6791, 1.0000);
  check(newcombe(10, 10, 0, 10, two_sided_95), 0.6075, 1.0000);
}

TEST_CASE("a difference the other way round is the same interval mirrored") {
  const auto there = newcombe(5, 56, 2, 29, two_sided_95);
  const auto back = newcombe(2, 29, 5, 56, two_sided_95);
  CHECK(there.low == doctest::Approx(-back.high));
  CHECK(there.high == doctest::Approx(-back.low));
}

TEST_CASE("more errors never lower a bound and more requests never widen it") {
  for (const double trials : {1.0, 20.0, 50.0, 1000.0}) {
    Interval before{-1, -1};
    Interval difference_before{-2, -2};
    for (double events = 0; events <= trials; events += trials / 20) {
      CAPTURE(trials);
      CAPTURE(events);
      const auto now = wilson(events, trials, two_sided_95);
      CHECK(is_within(now, 0, 1));
      CHECK(now.low <= events / trials + 1e-12);
      CHECK(now.high >= events / trials - 1e-12);
      CHECK(now.low >= before.low);
      CHECK(now.high >= before.high);
      const auto wider = wilson(events / 2, trials / 2, two_sided_95);
      CHECK(wider.high - wider.low >= now.high - now.low);
      before = now;
      const auto difference = newcombe(events, trials, 3, 300, two_sided_95);
      CHECK(is_within(difference, -1, 1));
      CHECK(difference.low >= difference_before.low);
      CHECK(difference.high >= difference_before.high);
      difference_before = difference;
    }
  }
}

TEST_CASE("whatever comes in the intervals are finite and what cannot be is the widest") {
  for (const double events : {0.0, 1.0, 0.5, -1.0, 1e300, not_a_number, infinity, -infinity}) {
    for (const double trials : {0.0, 1.0, 0.5, -1.0, 1e300, not_a_number, infinity, -infinity}) {
      CAPTURE(events);
      CAPTURE(trials);
      CHECK(is_within(wilson(events, trials, two_sided_95), 0, 1));
      CHECK(is_within(newcombe(events, trials, 1, 100, two_sided_95), -1, 1));
      CHECK(is_within(newcombe(1, 100, events, trials, two_sided_95), -1, 1));
    }
  }
  check(wilson(not_a_number, 10, two_sided_95), 0, 1);
  check(wilson(0, 0, two_sided_95), 0, 1);
  check(newcombe(0, 0, 1, 100, two_sided_95), -1, 1);
  check(newcombe(1, 100, not_a_number, 100, two_sided_95), -1, 1);
}
