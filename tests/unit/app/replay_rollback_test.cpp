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

// One bad alert and the service that it is about.
struct Bad {
  std::optional<Revision> revision = rev(2);
  traffic::Rollout rollout = policy::testing::rollout(25, {2, 2, 1});
  Policy policy = default_policy();
  policy::Circumstances circumstances = noon();

  policy::Decision decide(const Policy& by) const {
    return policy::decide_rollback(bad_alert(revision), rollout, &by, circumstances);
  }
  PastAlert past() const {
    const auto ref = alert_ref("CanaryHighErrorRate", revision, {}, at("11:55:00"));
    return past_of(record_of(decide(policy), rollout, "rollback", ref), circumstances.now);
  }
};

struct Named {
  const char* what;
  std::function<void(Bad&)> make;
};

std::vector<Named> situations() {
  return {{"a canary", [](Bad&) {}},
          {"at zero", [](Bad& b) { b.rollout = rollout(0, {2, 2, 1}); }},
          {"at zero and blocked",
           [](Bad& b) {
             b.rollout = rollout(0, {2, 2, 1});
             b.rollout.components[0].route = {traffic::ConditionStatus::is_false, "X", "y"};
           }},
          {"no canary", [](Bad& b) { b.rollout = rollout(25, {2, 2, 2, 1}); }},
          {"no stable revision", [](Bad& b) { b.rollout = rollout(25, {2, 2, 0}); }},
          {"another revision", [](Bad& b) { b.revision = rev(7); }},
          {"a revision that is not ready",
           [](Bad& b) {
             b.rollout = rollout(25, {3, 2, 1});
             b.revision = rev(3);
           }},
          {"deleting", [](Bad& b) { b.rollout.deleting = true; }},
          {"a standard deployment", [](Bad& b) { b.rollout.mode = traffic::Mode::standard; }},
          {"stopped", [](Bad& b) { b.circumstances.stopped = true; }},
          {"made after the alert", [](Bad& b) { b.rollout.created = at("11:58:00"); }},
          {"the last stage",
           [](Bad& b) {
             b.rollout = rollout(100, {2, 2, 2, 1});
             b.circumstances.full_since[rev(2)] = at("11:50:00");
             b.circumstances.revision_ready[rev(1)] = traffic::ConditionStatus::is_true;
           }},
          {"the last stage without a way back",
           [](Bad& b) {
             b.rollout = rollout(100, {2, 2, 2, 1});
             b.circumstances.full_since[rev(2)] = at("11:50:00");
           }},
          {"an old alert without a revision",
           [](Bad& b) {
             b.revision.reset();
             b.circumstances.first_traffic[rev(2)] = at("11:50:00");
           }},
          {"a late alert without a revision",
           [](Bad& b) {
             b.revision.reset();
             b.circumstances.first_traffic[rev(2)] = at("11:00:00");
           }},
          {"an alert without a revision about who knows what", [](Bad& b) { b.revision.reset(); }}};
}

std::vector<std::pair<const char*, std::function<void(Policy&)>>> policies() {
  return {{"default", [](Policy&) {}},
          {"rollback off", [](Policy& p) { p.rollback = false; }},
          {"observe", [](Policy& p) { p.mode = policy::Mode::observe; }},
          {"unattributed held", [](Policy& p) { p.unattributed = policy::Unattributed::hold; }},
          {"a short evidence window", [](Policy& p) { p.evidence_window = std::chrono::minutes(1); }},
          {"a long evidence window", [](Policy& p) { p.evidence_window = std::chrono::hours(2); }}};
}

}  // namespace

TEST_CASE("a rollback decided anew is the one that would have been decided where the record tells all") {
  int told = 0;
  int different = 0;
  for (const auto& situation : situations()) {
    for (const auto& [then, set_then] : policies()) {
      for (const auto& [now, set_now] : policies()) {
        CAPTURE(situation.what);
        CAPTURE(then);
        CAPTURE(now);
        Bad bad;
        situation.make(bad);
        set_then(bad.policy);
        Policy today = default_policy();
        set_now(today);
        const auto row = replayed(config_with({today}), bad.past());
        CAPTURE(row.then->text());
        if (std::string(then) == now) CHECK_FALSE(row.differs());
        if (row.basis != Basis::record) continue;
        ++told;
        different += row.differs() ? 1 : 0;
        CHECK(row.now.text() == words_of(bad.decide(today)));
      }
    }
  }
  CHECK(told > 400);
  CHECK(different > 100);
}

TEST_CASE("a change of the evidence window is told from the first traffic that the record knows") {
  Bad bad;
  bad.revision.reset();
  bad.circumstances.first_traffic[rev(2)] = at("11:50:00");
  auto today = default_policy();
  today.evidence_window = std::chrono::minutes(1);
  const auto row = replayed(config_with({today}), bad.past());
  CHECK(row.then->text() == "hold stale_alert");
  CHECK(row.now.text() == "act rolled_back");
  CHECK(row.basis == Basis::assumed);
  CHECK_FALSE(replayed(config_with({default_policy()}), bad.past()).differs());
}

TEST_CASE("components that went to zero together are told apart when they are independent today") {
  Bad bad;
  bad.rollout.components.push_back(component(50, {2, 2, 1}, traffic::Component::transformer));
  CHECK_FALSE(replayed(config_with({bad.policy}), bad.past()).differs());
  auto today = default_policy();
  today.components = policy::Components::independent;
  const auto row = replayed(config_with({today}), bad.past());
  CHECK(row.then->text() == "act rolled_back (predictor, transformer)");
  CHECK(row.now.text() == "act rolled_back");
  CHECK(row.differs());
}

TEST_CASE("what the API server did then is not asked for again") {
  Bad bad;
  auto past = bad.past();
  past.record->kind = audit::Kind::decision;
  past.record->verdict = "retry";
  past.record->reason = "cluster_unavailable";
  past.record->guards = {{"cluster_unavailable", false, "no route", false}};
  const auto row = replayed(config_with({default_policy()}), past);
  CHECK_FALSE(row.differs());
  CHECK(row.note == "as then: it depends on the cluster");
  auto off = default_policy();
  off.rollback = false;
  CHECK(replayed(config_with({off}), past).now.text() == "refuse rollback_off");
}

TEST_CASE("an alert that is mapped to something else today is decided about as that") {
  Bad bad;
  auto config = config_with({promoting()});
  for (const auto& [action, text] :
       std::vector<std::pair<alert::Action, const char*>>{{alert::Action::hold, "hold held"},
                                                          {alert::Action::ignore, "ignored"},
                                                          {alert::Action::heartbeat, "heartbeat"}}) {
    config.alerts = {{{*alert::Matcher::parse("alertname=~\"Canary.*\"")}, action, {}}};
    const auto row = replayed(config, bad.past());
    CHECK(row.now.text() == text);
    CHECK(row.differs());
    CHECK(row.basis == Basis::record);
  }
  config.alerts.clear();
  CHECK(replayed(config, bad.past()).now.text() == "ignored");

  config.alerts = {{{*alert::Matcher::parse("alertname=~\"Canary.*\"")}, alert::Action::rollback, {}}};
  config.alerts[0].labels.ns = "team";
  CHECK(replayed(config, bad.past()).now.text() == "act rolled_back");  // the record names the service
  auto unnamed = bad.past();
  unnamed.url = {};
  CHECK(replayed(config, unnamed).now.text() == "refuse no_target");
}

TEST_CASE("an alert that was held by its mapping is rolled back today if a healthy canary was there") {
  Bad bad;
  auto past = bad.past();
  past.record->kind = audit::Kind::decision;
  past.record->action = "hold";
  past.record->verdict = "hold";
  past.record->reason = "held";
  past.record->guards = {{"held", false, "", false}};
  past.record->changes.clear();
  const auto row = replayed(config_with({default_policy()}), past);
  CHECK(row.now.text() == "act rolled_back");
  CHECK(row.basis == Basis::assumed);
  CHECK(row.differs());
}

TEST_CASE("a scope that became narrower refuses") {
  Bad bad;
  auto config = config_with({default_policy()});
  config.cluster.namespaces = {Namespace("pay")};
  CHECK(replayed(config, bad.past()).now.text() == "refuse not_in_scope");
  config.cluster.namespaces = {Namespace("ml")};
  CHECK(replayed(config, bad.past()).now.text() == "act rolled_back");
  config.server.tokens = {{"alertmanager", web::Role::alert, "/token", {Namespace("pay")}}};
  CHECK(replayed(config, bad.past()).now.text() == "refuse not_in_scope");
  config.server.tokens[0].name = "another";
  CHECK(replayed(config, bad.past()).now.text() == "act rolled_back");
}

TEST_CASE("labels that the past does not know leave it open unless all policies agree") {
  Bad bad;
  auto online = default_policy();
  online.name = "online";
  online.labels = {{"tier", "online"}};
  online.rollback = false;
  const auto open = replayed(config_with({online, default_policy()}), bad.past());
  CHECK(open.basis == Basis::undecided);
  CHECK_FALSE(open.differs());
  CHECK(open.note.find("policy online: refuse rollback_off; policy default: act rolled_back") != std::string::npos);

  online.rollback = true;
  CHECK(replayed(config_with({online, default_policy()}), bad.past()).basis == Basis::record);

  online.rollback = false;
  online.namespaces = {"pay"};
  CHECK(replayed(config_with({online, default_policy()}), bad.past()).basis == Basis::record);
}

TEST_CASE("an alert that resolved and one that was cut off stay as they were") {
  Bad bad;
  auto past = bad.past();
  past.alert.status = alert::AlertStatus::resolved;
  CHECK(replayed(config_with({default_policy()}), past).now.text() == "noop resolved");
  past.record->reason = "truncated";
  past.record->verdict = "hold";
  past.alert.labels.clear();
  CHECK_FALSE(replayed(config_with({default_policy()}), past).differs());
}

TEST_CASE("a notification is decided about as if its canary were healthy") {
  const auto row =
      replayed(config_with({default_policy()}), delivered(alert_ref("CanaryFailing", rev(2), 5, at("11:55:00"))));
  CHECK_FALSE(row.then.has_value());
  CHECK(row.now.text() == "act rolled_back");
  CHECK(row.basis == Basis::assumed);
  CHECK(row.service == "ml/iris");
  const auto none = replayed(config_with({}), delivered(alert_ref("CanaryFailing", {}, 100, at("11:55:00"))));
  CHECK(none.now.text() == "refuse no_policy");
  CHECK(none.basis == Basis::record);
}
