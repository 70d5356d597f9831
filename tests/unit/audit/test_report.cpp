#include <doctest/doctest.h>

#include "report_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;
using namespace canaryd::audit::test::reports;

TEST_CASE("a rollout is told from its first sight over its steps to its end") {
  Past past;
  auto seen = record_of(Kind::decision, "s", "rehearsal", "rehearsed");
  seen.changes = {{"predictor", "iris-2", "iris-1", 5, 0}};
  past.add(seen);
  past.add(held("dwell"));
  past.add(held("gate_failed"));
  past.add(held("dwell"));
  past.move(advance("a"), 5, 10);
  past.move(rollback("b"), 10, 0);
  const auto report = past.report();
  REQUIRE(report.rollouts.items.size() == 1);
  const auto& rollout = report.rollouts.items[0];
  CHECK(rollout.service == "ml/iris");
  CHECK(rollout.revision == "iris-2");
  CHECK(rollout.stable == "iris-1");
  CHECK(rollout.end == RolloutEnd::rolled_back);
  CHECK(rollout.first == at("12:00:01.000001"));
  REQUIRE(rollout.steps.size() == 3);
  CHECK(rollout.steps[0].action == "rehearsal");
  CHECK(rollout.steps[0].to == 5);
  CHECK(rollout.steps[1].from == 5);
  CHECK(rollout.steps[1].to == 10);
  CHECK(rollout.steps[1].cause == "CanaryHealthy (0.31)");
  CHECK(rollout.steps[1].confirmed == rollout.steps[1].time + seconds(2));
  CHECK(rollout.waits == std::map<std::string, std::uint64_t>{{"dwell", 2}, {"gate_failed", 1}});
  CHECK(report.sums.rollouts == 1);
  CHECK(report.sums.advances == 1);
  CHECK(report.sums.rollbacks == 1);
}

TEST_CASE("a promotion ends a rollout and another revision begins one") {
  Past past;
  past.move(advance("a"), 5, 10);
  auto promoted = record_of(Kind::intent, "b", "promote", "promoted");
  past.move(promoted, 100, -1);
  auto next = record_of(Kind::decision, "c", "rehearsal", "rehearsed");
  next.changes = {{"predictor", "iris-3", "iris-2", 5, 0}};
  past.add(next);
  next.changes = {{"predictor", "iris-4", "iris-2", 5, 0}};
  past.add(next);
  const auto report = past.report();
  REQUIRE(report.rollouts.items.size() == 3);
  CHECK(report.rollouts.items[0].end == RolloutEnd::promoted);
  CHECK(report.rollouts.items[1].end == RolloutEnd::replaced);
  CHECK(report.rollouts.items[2].end == RolloutEnd::in_flight);
  CHECK(report.sums.promotions == 1);
}

TEST_CASE("components of one service have courses of their own") {
  Past past;
  auto seen = record_of(Kind::decision, "s", "rehearsal", "rehearsed");
  seen.changes = {{"predictor", "iris-p-2", "iris-p-1", 5, 0}, {"transformer", "iris-t-2", "iris-t-1", 10, 0}};
  past.add(seen);
  CHECK(past.report().rollouts.items.size() == 2);
}

TEST_CASE("a write that was not applied leaves the rollout where it was") {
  Past past;
  past.move(rollback("a"), 10, 0, "not_applied");
  const auto report = past.report();
  CHECK(report.rollouts.items.at(0).end == RolloutEnd::in_flight);
  CHECK(report.sums.rollbacks == 0);
  CHECK(report.sums.rollbacks_bad == 1);
  CHECK(has(to_text(report), "It was not applied: rolled_back."));
}

TEST_CASE("what others did to a canary is a step of its course") {
  Past past;
  past.move(rollback("a"), 10, 0);
  auto undone = record_of(Kind::decision, "b", "observation", "undone");
  undone.details = {{"component", "predictor"},
                    {"revision", "iris-2"},
                    {"percent_before", "0"},
                    {"percent_after", "absent"},
                    {"manager", "argocd"}};
  past.add(undone);
  const auto report = past.report();
  const auto& rollout = report.rollouts.items.at(0);
  CHECK(rollout.end == RolloutEnd::in_flight);
  CHECK(rollout.steps.at(1).to == -1);
  CHECK(rollout.steps.at(1).cause == "argocd");
  CHECK(report.sums.observations == 1);
  CHECK(has(to_text(report), "undone: from 0 % to no percent (all traffic), by argocd."));
}

TEST_CASE("a rollback tells its cause and the time to act") {
  Past past;
  auto first = rollback("x");
  first.kind = Kind::decision;
  first.reason = "cluster_unavailable";
  past.add(first, seconds(10));
  past.add(of_kind(Kind::decision, "other"), seconds(30));
  past.move(rollback("a"), 25, 0);
  const auto report = past.report();
  REQUIRE(report.rollbacks.items.size() == 1);
  const auto& told = report.rollbacks.items[0];
  CHECK(told.cause == "CanaryHighErrorRate (0.31)");
  CHECK(told.what == "predictor iris-2 from 25 %");
  CHECK(told.after_alert == microseconds(51'100'001));
  CHECK(told.after_notification == microseconds(31'100'000));
  CHECK(told.to_confirmation == seconds(2));
  CHECK(report.sums.median_to_act == microseconds(31'100'000));
  CHECK(has(to_text(report),
            "51s100ms after the alert began, 31s100ms after the first notification. Confirmed 2s later."));
}

TEST_CASE("a rollback that was not confirmed says so and one that was confirmed late says both") {
  Past past;
  auto record = rollback("a");
  record.changes = {{"predictor", "iris-2", "iris-1", 25, 0}};
  record.kind = Kind::outcome;
  record.api = ApiAnswer{200, "applied", "", 7, {}};
  past.add(record);
  record.api.reset();
  CHECK(has(to_text(past.report()), "No confirmation is recorded."));
  record.kind = Kind::unconfirmed;
  past.add(record, minutes(1));
  CHECK(has(to_text(past.report()), "NOT CONFIRMED."));
  record.kind = Kind::confirmed;
  past.add(record, minutes(1));
  const auto report = past.report();
  CHECK(has(to_text(report), "Confirmed late, 2m later."));
  CHECK(report.sums.unconfirmed == 1);
}

TEST_CASE("an intent without an outcome is a rollback whose end is not recorded") {
  Past past;
  auto record = rollback("a");
  record.changes = {{"predictor", "iris-2", "iris-1", 25, 0}};
  past.add(record);
  const auto report = past.report();
  CHECK(report.rollbacks.items.at(0).result.empty());
  CHECK(report.sums.rollbacks_bad == 1);
  CHECK(has(to_text(report), "What became of it is not recorded."));
}

TEST_CASE("a hold lasts until its release or its end and else it still holds") {
  Past past;
  auto hold = by_alice(record_of(Kind::outcome, "a", "hold", "hold_set"));
  hold.details = {{"scope", "ml/iris"}, {"until", "2026-08-01T12:30:00.000000Z"}};
  past.add(hold);
  auto everywhere = by_alice(record_of(Kind::outcome, "b", "hold", "hold_set"));
  everywhere.target.reset();
  everywhere.details = {{"scope", "namespace ml"}};
  past.add(everywhere);
  auto stop = by_alice(record_of(Kind::outcome, "c", "stop", "stop_set"));
  stop.details = {{"scope", "all services"}};
  past.add(stop);
  auto release = by_alice(record_of(Kind::outcome, "d", "release", "released"));
  release.details = {{"scope", "namespace ml"}};
  past.add(release, hours(1));
  const auto report = past.report();
  REQUIRE(report.holds.items.size() == 3);
  CHECK(report.holds.items[0].ended == at("12:30:00"));
  CHECK(report.holds.items[0].ended_by == "its time");
  CHECK(report.holds.items[1].ended == at("13:00:03.000001"));
  CHECK(report.holds.items[1].ended_by == "token:alice");
  CHECK(report.holds.items[2].kind == "stop");
  CHECK_FALSE(report.holds.items[2].ended);
  CHECK(has(to_text(report), "stop of all services by token:alice, because: it is urgent. It still holds"));
}

TEST_CASE("a hold and a release that could not be written change nothing") {
  Past past;
  past.add(by_alice(record_of(Kind::outcome, "b", "hold", "hold_set")));
  auto release = by_alice(record_of(Kind::outcome, "c", "release", "state_unknown"));
  release.verdict = "retry";
  past.add(release);
  auto hold = by_alice(record_of(Kind::intent, "a", "hold", "hold_set"));
  past.add(hold);
  hold.kind = Kind::outcome;
  hold.verdict = "retry";
  hold.reason = "state_unknown";
  past.add(hold);
  const auto report = past.report();
  REQUIRE(report.holds.items.size() == 1);
  CHECK(report.holds.items[0].id == "b");
  CHECK_FALSE(report.holds.items[0].ended);
  REQUIRE(report.commands.items.size() == 1);
  CHECK(report.commands.items[0].reason == "state_unknown");
}

TEST_CASE("an alert that is mapped to hold lasts until it is resolved") {
  Past past;
  auto held_by_alert = record_of(Kind::decision, "a", "hold", "held");
  held_by_alert.verdict = "hold";
  held_by_alert.alerts = {alert("CanaryNoData")};
  past.add(held_by_alert);
  held_by_alert.reason = "resolved";
  held_by_alert.alerts[0].status = "resolved";
  past.add(held_by_alert, minutes(5));
  const auto report = past.report();
  REQUIRE(report.holds.items.size() == 1);
  CHECK(report.holds.items[0].kind == "alert");
  CHECK(*report.holds.items[0].ended - report.holds.items[0].from == minutes(5));
}
