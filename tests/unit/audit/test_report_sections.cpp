#include <doctest/doctest.h>

#include "report_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;
using namespace canaryd::audit::test::reports;

TEST_CASE("refused requests are summed by peer and reason") {
  Past past;
  for (const auto* peer : {"10.0.0.9", "10.0.0.7", "10.0.0.9"}) {
    Record refused = of_kind(Kind::received, "r");
    refused.reason = "unauthenticated";
    refused.peer = peer;
    refused.count = 3;
    past.add(refused);
  }
  const auto report = past.report();
  REQUIRE(report.refusals.items.size() == 2);
  CHECK(report.refusals.items[0].peer == "10.0.0.9");
  CHECK(report.refusals.items[0].requests == 6);
  CHECK(report.sums.refused_requests == 9);
}

TEST_CASE("a command of a person tells who and why and what was passed over") {
  Past past;
  auto record = by_alice(record_of(Kind::intent, "a", "advance", "advanced"));
  record.guards = {{"dwell", false, "10m of 30m", true}, {"frozen", true, "", false}};
  past.move(record, 5, 10);
  auto refused = by_alice(record_of(Kind::decision, "b", "promote", "not_last_stage"));
  refused.verdict = "refuse";
  past.add(refused);
  const auto report = past.report();
  REQUIRE(report.commands.items.size() == 2);
  CHECK(report.commands.items[0].actor == "token:alice");
  CHECK(report.commands.items[0].overrides == std::vector<std::string>{"dwell"});
  CHECK(report.commands.items[1].verdict == "refuse");
  CHECK(report.sums.overrides == 1);
  CHECK(report.rollouts.items.at(0).steps.at(0).by_hand);
  CHECK(
      has(to_text(report), "token:alice: advance ml/iris, because: it is urgent. Done: advanced. Passed over dwell."));
}

TEST_CASE("what canaryd does by itself is no command of a person") {
  Past past;
  auto record = record_of(Kind::intent, "a", "restart", "restarted");
  record.actor = "canaryd";
  record.because = "a new revision stands under the percent of another";
  past.move(record, 25, 5);
  const auto report = past.report();
  CHECK(report.commands.items.empty());
  CHECK(report.sums.restarts == 1);
  CHECK(has(to_text(report), "taken back from 25 % to 5 % as a new revision, because of a new revision stands"));
}

TEST_CASE("time between a stop and the next start is a gap and so is an end without a stop") {
  Past past;
  past.add(lifecycle("start"));
  past.add(lifecycle("stop"), hours(1));
  past.add(lifecycle("start"), minutes(10));
  past.add(decision("a"), minutes(1));
  past.add(lifecycle("start"), minutes(3));
  past.add(lifecycle("reload"), minutes(3));
  const auto report = past.report();
  REQUIRE(report.gaps.items.size() == 2);
  CHECK(report.gaps.items[0].kind == "stopped");
  CHECK(*report.gaps.items[0].to - report.gaps.items[0].from == minutes(10));
  CHECK(report.gaps.items[1].kind == "ended without a stop");
  CHECK(report.sums.not_running == minutes(13));
}

TEST_CASE("a stop without a start after it is a gap without an end") {
  Past past;
  past.add(lifecycle("start"));
  past.add(lifecycle("stop"), hours(1));
  const auto report = past.report();
  REQUIRE(report.gaps.items.size() == 1);
  CHECK(report.gaps.items[0].kind == "stopped");
  CHECK_FALSE(report.gaps.items[0].to);
}

TEST_CASE("time without room for records is a gap") {
  Past past;
  past.add(lifecycle("space", {{"step", "warn"}}));
  past.add(lifecycle("space", {{"step", "stop"}}), minutes(1));
  CHECK_FALSE(past.report().gaps.items.at(0).to);
  past.add(lifecycle("space", {{"step", "make_room"}}), minutes(5));
  const auto report = past.report();
  REQUIRE(report.gaps.items.size() == 1);
  CHECK(report.gaps.items[0].kind == "no room");
  CHECK(*report.gaps.items[0].to - report.gaps.items[0].from == minutes(5));
}

TEST_CASE("a clock that went back and what the log says of its losses are gaps") {
  Past past;
  past.add(decision("a"), hours(1));
  past.add(decision("b"), -minutes(30));
  past.add(lifecycle("recovered"));
  past.add(lifecycle("removed", {{"last_seq", "17"}}));
  const auto report = past.report();
  REQUIRE(report.gaps.items.size() == 3);
  CHECK(report.gaps.items[0].kind == "clock went back");
  CHECK(has(report.gaps.items[0].what, "went back by 30m"));
  CHECK(report.gaps.items[1].kind == "cut");
  CHECK(report.gaps.items[2].kind == "removed");
}

TEST_CASE("records that were removed by the rules are no gap besides the removal") {
  const auto kinds_with = [](const std::string& last) {
    Past past;
    for (int i = 0; i < 4; ++i) past.add(decision("d" + std::to_string(i)));
    past.add(lifecycle("removed", {{"first_seq", "2"}, {"last_seq", last}, {"since_seq", "1"}}));
    past.log.reset();
    auto lines = past.lab.lines();
    lines.erase(lines.begin() + 1, lines.begin() + 4);
    past.lab.files.put(segment, joined(lines));
    std::string kinds;
    for (const auto& gap : past.report().gaps.items) kinds += gap.kind + " ";
    return kinds;
  };
  CHECK(kinds_with("3") == "removed ");
  CHECK(kinds_with("2") == "missing removed ");
}

TEST_CASE("records that are not there are a gap") {
  Past past;
  for (int i = 0; i < 4; ++i) past.add(decision("d" + std::to_string(i)));
  past.log.reset();
  auto lines = past.lab.lines();
  lines.erase(lines.begin() + 2);
  past.lab.files.put(segment, joined(lines));
  const auto report = past.report();
  REQUIRE(report.gaps.items.size() == 1);
  CHECK(report.gaps.items[0].kind == "missing");
  CHECK(report.gaps.items[0].what == "Record 2 is not in the log.");
  REQUIRE(report.verdict);
  CHECK_FALSE(report.verdict->intact);
  CHECK(has(to_text(report), "NO: what was found"));
}

TEST_CASE("a period takes what happened in it and what reached into it") {
  Past past;
  auto hold = by_alice(record_of(Kind::outcome, "a", "hold", "hold_set"));
  past.add(hold);
  past.move(advance("b"), 5, 10);
  past.lab.clock.advance(hours(2));
  past.move(rollback("c"), 10, 0);
  past.lab.clock.advance(hours(2));
  past.move(advance("d"), 0, 5);
  const auto report = past.report({at("13:00:00"), at("15:00:00"), {}, {}});
  CHECK(report.holds.items.size() == 1);
  REQUIRE(report.rollouts.items.size() == 1);
  CHECK(report.rollouts.items[0].steps.size() == 2);
  CHECK(report.rollouts.items[0].end == RolloutEnd::rolled_back);
  CHECK(report.commands.items.empty());
  CHECK(report.sums.advances == 0);
  CHECK(report.sums.rollbacks == 1);
  CHECK(report.sums.records == 3);
}

TEST_CASE("a rollout that was over before the period is not in it") {
  Past past;
  past.move(rollback("a"), 10, 0);
  past.add(decision("b"), hours(2));
  const auto report = past.report({at("13:00:00"), std::nullopt, {}, {}});
  CHECK(report.rollouts.items.empty());
  CHECK(report.rollbacks.items.empty());
}

TEST_CASE("lists are bounded and the sums count all") {
  Past past;
  std::vector<Record> many;
  for (std::size_t i = 0; i < report_limit + 5; ++i) {
    auto record = by_alice(record_of(Kind::decision, "c" + std::to_string(i), "advance", "dwell"));
    record.verdict = "hold";
    many.push_back(record);
  }
  REQUIRE(past.log->append(many));
  const auto report = past.report();
  CHECK(report.commands.items.size() == report_limit);
  CHECK(report.commands.omitted == 5);
  CHECK(report.sums.commands == report_limit + 5);
  CHECK(has(to_text(report), "And 5 more, which are not listed"));
}

TEST_CASE("an empty period says so") {
  Past past;
  const auto report = past.report({at("20:00:00"), std::nullopt, {}, {}});
  CHECK(has(to_text(report), "There is no record in this period."));
  CHECK(has(to_text(report), "None in this period."));
}

TEST_CASE("a report of no log is an error") {
  Lab lab;
  const auto report = make_report("/nowhere", {}, lab.files, lab.clock.now());
  REQUIRE_FALSE(report);
  CHECK(report.error().kind == ErrorKind::not_found);
}

TEST_CASE("what comes from outside makes no line of a text report and no markup of a Markdown report") {
  Past past;
  const std::string hostile = "x\n# Heading <b> | [a](http://evil) `c` *d* @e $f$ www.evil \x1B[2J\xE2\x80\xAE \xFF";
  auto record = rollback(hostile);
  record.alerts[0].name = record.alerts[0].value = hostile;
  record.target = TargetRef{hostile, hostile, ""};
  past.move(record, 10, 0);
  auto command = record_of(Kind::decision, hostile, "advance", hostile);
  command.because = command.actor = command.verdict = hostile;
  past.add(command);
  Record refused = of_kind(Kind::received, "r");
  refused.reason = refused.peer = hostile;
  refused.count = 1;
  past.add(refused);
  past.add(lifecycle("created", {{"continues", hostile}, {"lost", hostile}}));
  const auto report = past.report();
  for (const auto& text : {to_text(report), to_markdown(report)}) {
    CHECK(text.find('\x1B') == std::string::npos);
    CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
    CHECK(text.find("\n# Heading") == std::string::npos);
    CHECK(is_utf8(text));
  }
  const auto markdown = to_markdown(report);
  for (const auto* markup : {"<b>", "[a](", "http://", " `c`", " *d*", " @e", " $f", " www.evil", "# Heading <"}) {
    INFO(markup);
    CHECK(markdown.find(markup) == std::string::npos);
  }
}

TEST_CASE("the Markdown report has a heading for each section and rows that hold together") {
  Past past;
  past.move(rollback("a"), 10, 0);
  const auto markdown = to_markdown(past.report());
  CHECK(markdown.starts_with("# Audit report: /audit, log "));
  for (const auto* heading :
       {"## Rollbacks\n", "## Commands by hand\n", "## Holds and stops\n", "## Refused requests\n",
        "## Gaps in the record\n", "## Rollouts\n", "## Is the log as it was written\n"}) {
    CHECK(has(markdown, heading));
  }
  CHECK(has(markdown, "| what | how many |\n|---|---|\n| rollouts | 1 |\n"));
}
