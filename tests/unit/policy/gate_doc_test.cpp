#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>

#include "canaryd/base/file.hpp"
#include "canaryd/policy/gate.hpp"
#include "policy/advances.hpp"

using namespace canaryd;
using namespace canaryd::policy;
using namespace canaryd::policy::testing;

namespace {

constexpr double off = std::numeric_limits<double>::infinity();
using Says = GateAnswer::Verdict;

// What the gate makes of error ratios alone, when the canary got `requests` and exactly these ratios of them failed.
struct Question {
  int share;  // of the canary, percent
  double canary;
  double stable;
  double margin = Promotion{}.error_margin;

  Says answer(double requests) const {
    Policy policy = promoting();
    policy.promotion.error_margin = margin;
    policy.thresholds.latency_ratio = policy.thresholds.higher_latency_ratio = off;
    policy.thresholds.confidence_ratio = off;
    Evidence evidence;
    evidence.percent = share;
    evidence.canary = {requests, canary * requests, {}, {}};
    const double others = share == 100 ? 0 : requests * (100 - share) / share;
    evidence.stable = {others, stable * others, {}, {}};
    return judge_gate(evidence, policy, share).verdict;
  }
  // The fewest requests of the canary by which the gate says so: more of the same only make it surer.
  int until(Says wanted) const {
    int fewer = 0;
    int enough = 1 << 20;
    if (answer(enough) != wanted) return 0;
    while (enough - fewer > 1) {
      const int middle = (fewer + enough) / 2;
      (answer(middle) == wanted ? enough : fewer) = middle;
    }
    return enough;
  }
};

std::string percent(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%g %%", ratio * 100);
  return text;
}

std::string cell(int requests) {
  return " " + (requests == 0 ? std::string("never") : std::to_string(requests)) + " |";
}

std::string to_pass() {
  std::string table =
      "| both fail in | 1 %, at 5 | 2 %, at 5 | 5 %, at 5 | 1 %, at 50 | 2 %, at 50 | 5 %, at 50 |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const double ratio : {0.0, 0.001, 0.01, 0.03}) {
    table += "| " + percent(ratio) + " |";
    for (const int share : {5, 50}) {
      for (const double margin : {0.01, 0.02, 0.05}) {
        table += cell(Question{share, ratio, ratio, margin}.until(Says::passed));
      }
    }
    table += "\n";
  }
  return table;
}

std::string to_fail() {
  std::string table =
      "| the stable one fails in | the canary in | at 5 | at 50 |\n"
      "|---|---|---|---|\n";
  for (const double stable : {0.0, 0.01}) {
    for (const double more : {0.03, 0.05, 0.1, 0.2}) {
      table += "| " + percent(stable) + " | " + percent(stable + more) + " |";
      for (const int share : {5, 50}) table += cell(Question{share, stable + more, stable}.until(Says::failed));
      table += "\n";
    }
  }
  return table;
}

std::string alone() {
  std::string table =
      "| the canary fails in | passes by | fails by |\n"
      "|---|---|---|\n";
  for (const double ratio : {0.0, 0.01, 0.02, 0.03, 0.04, 0.07, 0.1, 0.2}) {
    const Question question{100, ratio, 0};
    table +=
        "| " + percent(ratio) + " |" + cell(question.until(Says::passed)) + cell(question.until(Says::failed)) + "\n";
  }
  return table;
}

}  // namespace

TEST_CASE("the documented numbers of requests are those by which the gate decides") {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE_MESSAGE(source != nullptr, "CANARYD_SOURCE must name the source folder");
  const auto doc = read_file(std::string(source) + "/docs/gate.md");
  REQUIRE(doc.has_value());
  for (const auto& table : {to_pass(), to_fail(), alone()}) {
    CHECK_MESSAGE(doc->find(table + "\n") != std::string::npos, "docs/gate.md should hold this table:\n\n" << table);
  }
}

TEST_CASE("by the number that is documented the gate decides and by one request less it does not") {
  const Question same{5, 0.01, 0.01};
  const int enough = same.until(Says::passed);
  CHECK(same.answer(enough) == Says::passed);
  CHECK(same.answer(enough - 1) == Says::unknown);
  CHECK(same.answer(enough * 10) == Says::passed);
  const Question worse{5, 0.06, 0.01};
  const int seen = worse.until(Says::failed);
  CHECK(worse.answer(seen) == Says::failed);
  CHECK(worse.answer(seen - 1) == Says::unknown);
  CHECK(worse.answer(seen * 10) == Says::failed);
}
