#include <doctest/doctest.h>

#include <functional>

#include "app/replay_lab.hpp"

using namespace canaryd;
using namespace canaryd::app;
using namespace canaryd::app::testing;
using namespace canaryd::policy::testing;
using policy::Policy;
using policy::Reason;
using Basis = Replayed::Basis;

namespace {

constexpr const char* healthy_alert = "CanaryHealthy";
constexpr const char* bad_alert_name = "CanaryFailing";

struct Change {
  const char* what;
  std::function<void(Policy&)> make;
};

// What a team changes in a policy and a record can be asked about.
std::vector<Change> changes() {
  return {{"nothing", [](Policy&) {}},
          {"promotion on", [](Policy& p) { p.promotion.enabled = true; }},
          {"promotion off", [](Policy& p) { p.promotion.enabled = false; }},
          {"rollback off", [](Policy& p) { p.rollback = false; }},
          {"rollback on", [](Policy& p) { p.rollback = true; }},
          {"observe", [](Policy& p) { p.mode = policy::Mode::observe; }},
          {"enforce", [](Policy& p) { p.mode = policy::Mode::enforce; }},
          {"a freeze", [](Policy& p) { p.promotion.freeze = {always()}; }},
          {"no freeze", [](Policy& p) { p.promotion.freeze.clear(); }},
          {"a longer dwell", [](Policy& p) { p.promotion.dwell = std::chrono::hours(3); }},
          {"a shorter dwell", [](Policy& p) { p.promotion.dwell = std::chrono::seconds(30); }},
          {"other stages", [](Policy& p) { p.promotion.stages = {20, 100}; }},
          {"alerts without a revision held", [](Policy& p) { p.unattributed = policy::Unattributed::hold; }},
          {"a longer evidence window", [](Policy& p) { p.evidence_window = std::chrono::hours(2); }}};
}

Policy changed(const Case& c, const Change& change) {
  auto policy = c.policy.value_or(promoting());
  change.make(policy);
  return policy;
}

Replayed replayed_step(const Case& c, const Config& config) {
  const auto ref = alert_ref(healthy_alert, c.request.revision, c.request.percent, *c.request.starts_at);
  return replayed(config, past_of(record_of(c.advance(), c.rollout, "advance", ref), c.facts.now));
}

std::vector<Obstacle> every_situation() {
  auto all = obstacles();
  all.push_back({Reason::dwell, [](Case& c) { c.facts.share_since.reset(); }});
  all.push_back({Reason::stale_alert, [](Case& c) { c.rollout.created = at("11:58:00"); }});
  all.push_back({Reason::stale_alert, [](Case& c) { c.request.percent.reset(); }});
  all.push_back({Reason::stale_alert, [](Case& c) { c.request.starts_at = at("12:10:00"); }});
  for (auto& other : other_situations()) {
    // A promotion is asked for by hand only.
    if (other.guard != Reason::not_last_stage) all.push_back(other);
  }
  return all;
}

// Two obstacles at a time, and a canary without any.
void each_case(const std::function<void(const Case&, const std::string&)>& visit) {
  visit(Case{}, "nothing in the way");
  const auto all = every_situation();
  for (const auto& one : all) {
    for (const auto& other : all) {
      Case c;
      one.put(c);
      if (!c.policy) c.policy = promoting();
      other.put(c);
      visit(c, std::string(name_of(one.guard)) + " " + std::string(name_of(other.guard)));
    }
  }
}

std::string text_of(const policy::Decision& decision) {
  std::string out = words_of(decision);
  if (decision.step && decision.step->to) {
    out += " (" + std::to_string(decision.step->from) + " -> " + std::to_string(*decision.step->to) + " %)";
  }
  return out;
}

}  // namespace

TEST_CASE("a step forward decided anew with the configuration of then is as it was") {
  int cases = 0;
  each_case([&](const Case& c, const std::string& what) {
    CAPTURE(what);
    const auto row = replayed_step(c, config_with(c.policy ? std::vector{*c.policy} : std::vector<Policy>{}));
    CAPTURE(row.now.text());
    REQUIRE(row.then.has_value());
    CAPTURE(row.then->text());
    CHECK_FALSE(row.differs());
    ++cases;
  });
  CHECK(cases > 700);
}

TEST_CASE("where a record is said to tell all the answer is the one that would have been given") {
  int told = 0;
  int different = 0;
  each_case([&](const Case& c, const std::string& what) {
    for (const auto& change : changes()) {
      CAPTURE(what);
      CAPTURE(change.what);
      auto today = c;
      today.policy = changed(c, change);
      const auto row = replayed_step(c, config_with({*today.policy}));
      CAPTURE(row.then->text());
      if (row.basis != Basis::record) continue;
      ++told;
      different += row.differs() ? 1 : 0;
      CHECK(row.now.text() == text_of(today.advance()));
    }
  });
  CHECK(told > 5'000);
  CHECK(different > 500);
}

TEST_CASE("what a change of the configuration makes of a step forward is shown") {
  struct Line {
    const char* change;
    const char* now;
  };
  for (const auto& [what, now] : {Line{"nothing", "act advanced (10 -> 25 %)"},
                                  {"promotion off", "refuse promotion_off"},
                                  {"observe", "hold observe_only (10 -> 25 %)"},
                                  {"a freeze", "hold frozen"},
                                  {"a longer dwell", "hold dwell"},
                                  {"other stages", "act advanced (10 -> 20 %)"}}) {
    CAPTURE(what);
    for (const auto& change : changes()) {
      if (std::string(change.what) != what) continue;
      const auto row = replayed_step({}, config_with({changed({}, change)}));
      CHECK(row.then->text() == "act advanced (10 -> 25 %)");
      CHECK(row.now.text() == now);
      CHECK(row.basis == Basis::record);
      CHECK(row.differs() == (std::string(what) != "nothing"));
    }
  }
}

TEST_CASE("a step that the dwell held is done with a shorter one and its gate was not asked then") {
  Case c;
  c.facts.share_since = at("11:59:00");
  c.facts.gate.reset();
  auto policy = promoting();
  policy.promotion.dwell = std::chrono::seconds(30);
  const auto row = replayed_step(c, config_with({policy}));
  CHECK(row.then->text() == "hold dwell");
  CHECK(row.now.text() == "act advanced (10 -> 25 %)");
  CHECK(row.basis == Basis::assumed);
  CHECK(row.note == "a gate that passes is assumed: it was not asked then");
}

TEST_CASE("a service that no policy matched is decided about as if its canary were healthy") {
  Case c;
  c.policy.reset();
  const auto row = replayed_step(c, config_with({promoting()}));
  CHECK(row.then->text() == "refuse no_policy");
  CHECK(row.now.text() == "act advanced (10 -> 25 %)");
  CHECK(row.basis == Basis::assumed);
  CHECK(row.differs());
}

TEST_CASE("in one notification a bad alert holds the step forward of its service") {
  const auto good = delivered(alert_ref(healthy_alert, rev(2), 10, at("11:50:00")));
  const auto bad = delivered(alert_ref(bad_alert_name, rev(2), {}, at("11:55:00")));
  const auto config = config_with({promoting()});
  const auto rows = Replay(config).decide({good, bad});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].now.text() == "hold bad_alert_active");
  CHECK(rows[1].now.text() == "act rolled_back");
  CHECK(Replay(config).decide({good})[0].now.text() == "act advanced (10 -> 25 %)");
}
