#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "app/config/yaml_tree.hpp"
#include "canaryd/rules/embedded.hpp"
#include "config_text.hpp"

using namespace canaryd;
using namespace canaryd::app;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// A configuration with a Prometheus and one policy, its promotion on line 12.
std::string promotion(const std::string& keys) {
  return std::string(shortest) + "prometheus: {url: 'https://prometheus:9090'}\npolicies:\n  - {name: a, promotion: {" +
         keys + "}}\n";
}

policy::Promotion read(const std::string& keys) {
  const ConfigReading reading = read_config(promotion(keys), "c.yaml");
  for (const auto& problem : reading.problems) FAIL_CHECK(problem.str());
  return reading.config.policies.at(0).promotion;
}

// Each text of keys has exactly this problem; its place is counted from the braces of `promotion`.
using Cases = std::vector<std::pair<std::string, std::string>>;

void check_each(const Cases& cases) {
  for (const auto& [keys, problem] : cases) {
    CAPTURE(keys);
    const auto colon = problem.find(':');
    const int column = 26 + std::stoi(problem.substr(0, colon));
    CHECK(problems_of(promotion(keys)) ==
          Lines{"c.yaml:12:" + std::to_string(column) + ": policies[0].promotion" + problem.substr(colon + 1)});
  }
}

}  // namespace

TEST_CASE("nothing is promoted until a policy asks for it") {
  const policy::Promotion by_default = read_config(shortest, "c.yaml").config.policies.at(0).promotion;
  CHECK_FALSE(by_default.enabled);
  CHECK_FALSE(read("").enabled);
  CHECK_FALSE(read("stages: [50, 100], dwell: 1h").enabled);
  CHECK_FALSE(read_config(default_config(), "d.yaml").config.policies.at(0).promotion.enabled);
  CHECK(read("enabled: true").enabled);
}

TEST_CASE("a promotion has the documented defaults") {
  const policy::Promotion promotion = read("enabled: true");
  CHECK(promotion.stages == std::vector<int>{5, 10, 25, 50, 75, 100});
  CHECK(promotion.dwell == minutes(10));
  CHECK(promotion.error_margin == 0.02);
  CHECK(promotion.freeze.empty());
  CHECK(promotion.new_revision_restarts);
}

TEST_CASE("every key of a promotion is read") {
  const policy::Promotion promotion = read(
      "enabled: true, stages: [1, 50, 100], dwell: 2h, error_margin: 0.005, new_revision_restarts: false, freeze: "
      "[{days: [fri, sun], from: \"18:05\", until: \"08:00\", time_zone: Europe/Berlin}, {days: [sat]}]");
  CHECK(promotion.enabled);
  CHECK(promotion.stages == std::vector<int>{1, 50, 100});
  CHECK(promotion.dwell == minutes(120));
  CHECK(promotion.error_margin == 0.005);
  CHECK_FALSE(promotion.new_revision_restarts);
  REQUIRE(promotion.freeze.size() == 2);
  CHECK(policy::freeze_text(promotion.freeze[0]) == "Fri,Sun 18:05-08:00 Europe/Berlin");
  CHECK(policy::freeze_text(promotion.freeze[1]) == "Sat 00:00-00:00 UTC");
  CHECK(read("error_margin: off").error_margin == std::numeric_limits<double>::infinity());
  CHECK(read("stages: [100]").stages == std::vector<int>{100});
}

TEST_CASE("each day of a freeze window is the one that it names") {
  const std::vector<std::string> days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const std::vector<std::string> shown{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto promotion = read("freeze: [{days: [" + days[i] + "], from: \"23:59\"}]");
    CHECK(policy::freeze_text(promotion.freeze.at(0)) == shown[i] + " 23:59-00:00 UTC");
  }
}

TEST_CASE("a freeze window without times is the whole day") {
  const auto window = read("freeze: [{days: [sat]}]").freeze.at(0);
  const auto saturday = std::chrono::sys_days(std::chrono::year(2026) / 8 / 1);
  CHECK_FALSE(policy::is_frozen(window, saturday - seconds(1)));
  CHECK(policy::is_frozen(window, saturday));
  CHECK(policy::is_frozen(window, saturday + std::chrono::hours(24) - seconds(1)));
  CHECK_FALSE(policy::is_frozen(window, saturday + std::chrono::hours(24)));
}

TEST_CASE("the mode of a policy is read and is to act by default") {
  const auto mode = [](const std::string& text) {
    const ConfigReading reading = read_config(std::string(shortest) + text, "c.yaml");
    CHECK(reading.problems.empty());
    return reading.config.policies.at(0).mode;
  };
  CHECK(mode("") == policy::Mode::enforce);
  CHECK(mode("policies: [{name: a, mode: observe}]\n") == policy::Mode::observe);
  CHECK(mode("policies: [{name: a, mode: enforce}]\n") == policy::Mode::enforce);
  CHECK(problems_with("policies: [{name: a, mode: watch}]\n") ==
        Lines{"c.yaml:10:28: policies[0].mode: got watch, expected enforce or observe"});
}

TEST_CASE("promotion without a Prometheus to ask is refused") {
  const Lines refused{
      "c.yaml:10:43: policies[0].promotion.enabled: promotion without prometheus.url, expected the address of the "
      "Prometheus that is asked before each step"};
  CHECK(problems_with("policies: [{name: a, promotion: {enabled: true}}]\n") == refused);
  CHECK(problems_with("policies: [{name: a, promotion: {enabled: false}}]\n") == Lines{});
  // What is wrong with the section is said once, there.
  CHECK(problems_with("policies: [{name: a, promotion: {enabled: true}}]\nprometheus: {}\n").size() == 1);
}

TEST_CASE("stages rise and end with all of the traffic") {
  check_each({
      {"stages: []", "9:.stages: got an empty list, expected at least one stage, the last one 100"},
      {"stages: [5, 10]",
       "13:.stages: the last one is 10, expected 100: a canary is judged with all of the traffic before it becomes the "
       "stable one"},
      {"stages: [5, 5, 100]", "13:.stages[1]: got 5 after 5, expected more at each stage"},
      {"stages: [50, 25, 100]", "14:.stages[1]: got 25 after 50, expected more at each stage"},
      {"stages: [5, 100, 100]", "18:.stages[2]: got 100 after 100, expected more at each stage"},
      {"stages: [0, 100]", "10:.stages[0]: got 0, expected a whole number from 1 to 100"},
      {"stages: [5, 101]", "13:.stages[1]: got 101, expected a whole number from 1 to 100"},
      {"stages: [\"5\", 100]", "10:.stages[0]: got \"5\", expected a whole number from 1 to 100, without quotes"},
      {"stages: [05, 100]", "10:.stages[0]: got 05, expected a whole number from 1 to 100, in plain decimal"},
      {"stages: [5%, 100]", "10:.stages[0]: got 5%, expected a whole number from 1 to 100"},
      {"stages: [[5], 100]", "10:.stages[0]: got a list, expected a whole number from 1 to 100"},
      {"stages: 100", "9:.stages: got 100, expected a list, each entry a whole number from 1 to 100"},
  });
}

TEST_CASE("a dwell in which no evidence can gather is refused unless it is asked for") {
  const std::string why =
      ", expected at least 4m10s (the 2m that CanaryHealthy looks back, its `for` of 2m, a scrape); short_dwell: true "
      "allows less, for a trial with rules of shorter windows";
  const std::string range = "expected a duration from 1s to 30d, as Prometheus writes it (90s, 10m, 1h30m)";
  check_each({
      {"dwell: 1m", "8:.dwell: got 1m" + why},
      {"dwell: 4m9s", "8:.dwell: got 4m9s" + why},
      {"dwell: 1m, short_dwell: false", "8:.dwell: got 1m" + why},
      {"dwell: 0s, short_dwell: true", "8:.dwell: got 0s, " + range},
      {"dwell: 31d", "8:.dwell: got 31d, " + range},
      {"dwell: 600", "8:.dwell: got 600, " + range},
  });
  CHECK(read("dwell: 4m10s").dwell == seconds(250));
  CHECK(read("dwell: 20s, short_dwell: true").dwell == seconds(20));
  CHECK(read("short_dwell: true").dwell == minutes(10));
}

TEST_CASE("an error margin is a difference of ratios") {
  const std::string wanted = "expected a difference of error ratios above 0 and below 1 (0.02 is 2 points), or off";
  check_each({
      {"error_margin: 0", "15:.error_margin: got 0, " + wanted},
      {"error_margin: 1", "15:.error_margin: got 1, " + wanted},
      {"error_margin: 2%", "15:.error_margin: got 2%, " + wanted},
      {"error_margin: -0.1", "15:.error_margin: got -0.1, " + wanted + ", in plain decimal"},
      {"error_margin: \"off\"", "15:.error_margin: got \"off\", " + wanted + ", without quotes"},
  });
}

TEST_CASE("a freeze window has known days and times and a time zone that the system knows") {
  const std::string day = "expected a day: mon, tue, wed, thu, fri, sat or sun";
  const std::string time = "expected a time of day from \"00:00\" to \"23:59\"";
  check_each({
      {"freeze: [{}]",
       "10:.freeze[0].days: missing, expected a list, each entry a day: mon, tue, wed, thu, fri, sat "
       "or sun"},
      {"freeze: [{days: []}]", "17:.freeze[0].days: got an empty list, expected at least one day"},
      {"freeze: [{days: [Mon]}]", "18:.freeze[0].days[0]: got Mon, " + day},
      {"freeze: [{days: [monday]}]", "18:.freeze[0].days[0]: got monday, " + day},
      {"freeze: [{days: [mon, mon]}]", "23:.freeze[0].days[1]: got mon again, expected each entry once"},
      {"freeze: [{days: [mon], from: \"24:00\"}]", "30:.freeze[0].from: got \"24:00\", " + time},
      {"freeze: [{days: [mon], until: \"8:00\"}]", "31:.freeze[0].until: got \"8:00\", " + time},
      {"freeze: [{days: [mon], until: \"08:60\"}]", "31:.freeze[0].until: got \"08:60\", " + time},
      {"freeze: [{days: [mon], until: \"08.00\"}]", "31:.freeze[0].until: got \"08.00\", " + time},
      {"freeze: [{days: [mon], until: \"08:0x\"}]", "31:.freeze[0].until: got \"08:0x\", " + time},
      {"freeze: [{days: [mon], time_zone: Europe/Atlantis}]",
       "35:.freeze[0].time_zone: got Europe/Atlantis, expected a time zone that this system's data know "
       "(/usr/share/zoneinfo), such as Europe/Berlin"},
      {"freeze: [{days: [mon], time_zone: ../../../etc/passwd}]",
       "35:.freeze[0].time_zone: got ../../../etc/passwd, expected a time zone that this system's data know "
       "(/usr/share/zoneinfo), such as Europe/Berlin"},
      {"freeze: weekends",
       "9:.freeze: got weekends, expected a list, each entry a map with days, from, until and "
       "time_zone"},
  });
  CHECK(read("freeze: []").freeze.empty());
}

// The least dwell is a sum of what stands in this rule.
TEST_CASE("CanaryHealthy still looks back two minutes and waits two") {
  const auto files = rules::embedded();
  const auto found =
      std::find_if(files.begin(), files.end(), [](const auto& one) { return one.name == "canary.yaml"; });
  REQUIRE(found != files.end());
  const std::string text(found->text);
  const auto begin = text.find("- alert: CanaryHealthy\n");
  REQUIRE(begin != std::string::npos);
  const std::string rule = text.substr(begin, text.find("runbook_url:", begin) - begin);
  CHECK(rule.find("        for: 2m\n") != std::string::npos);
  CHECK(rule.find("canary:judged_requests:increase2m") != std::string::npos);
}
