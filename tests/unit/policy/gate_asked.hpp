#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "canaryd/policy/gate.hpp"
#include "policy/advances.hpp"

namespace canaryd::policy::testing {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr double off = std::numeric_limits<double>::infinity();

// A canary at 10 % that does as well as the stable revision.
struct Asked {
  Evidence evidence{{1000, 1, 0.100, 0.90}, {9000, 9, 0.100, 0.90}, {}, 10};
  Policy policy = promoting();
  int percent = 10;

  GateAnswer answer() const { return judge_gate(evidence, policy, percent); }
  std::string verdict() const {
    const auto said = answer();
    // Every verdict is borne by a line that says so.
    const auto has = [&](const char* word) {
      return std::any_of(said.reasons.begin(), said.reasons.end(),
                         [&](const std::string& line) { return line.starts_with(word); });
    };
    CHECK(has("failed: ") == (said.verdict == GateAnswer::Verdict::failed));
    if (said.verdict == GateAnswer::Verdict::unknown) CHECK(has("unknown: "));
    if (said.verdict == GateAnswer::Verdict::passed) CHECK_FALSE(has("unknown: "));
    return said.verdict == GateAnswer::Verdict::passed   ? "passed"
           : said.verdict == GateAnswer::Verdict::failed ? "failed"
                                                         : "unknown";
  }
};

}  // namespace canaryd::policy::testing
