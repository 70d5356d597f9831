#include <doctest/doctest.h>

#include "canaryd/audit/explain.hpp"
#include "canaryd/base/text.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

const std::string wine_id = "195c9229bdf733a73aacc44d250d6e57";
const std::string other_id = "195c92ffffffffffffffffffffffffff";
const std::string third_id = "80d39c74454fc5349bbdfd837dbfbdf5";

const AlertRef bad_alert{"CanaryHighErrorRate",
                         "firing",
                         "ce6b598e42683850",
                         "2026-08-01T11:59:50Z",
                         "0.31",
                         {{"alertname", "CanaryHighErrorRate"},
                          {"inferenceservice", "wine"},
                          {"namespace", "ml"},
                          {"team", "vision"},
                          {"revision", "wine-2"}}};

Record of_wine(Kind kind, const std::string& id, const std::string& message) {
  Record record;
  record.kind = kind;
  record.id = id;
  record.target = TargetRef{"ml", "wine", "fc6b27f5"};
  record.action = "rollback";
  record.verdict = "act";
  record.reason = "rolled_back";
  record.message = message;
  return record;
}

Record rollback(Kind kind, const std::string& id = wine_id) {
  Record record = of_wine(kind, id, "Rolled back ml/wine.");
  record.alerts = {bad_alert};
  record.guards = {{"stale_revision", true, "the alert names wine-2", false}};
  record.changes = {{"predictor", "wine-2", "wine-1", 25, 0}};
  record.generation = 1;
  record.actor = "token:alertmanager";
  record.peer = "127.0.0.1:56114";
  if (kind == Kind::intent) {
    record.patch =
        R"([{"op":"test","path":"/metadata/generation","value":1},{"op":"replace","path":"/spec/x","value":0}])";
  }
  if (kind == Kind::outcome) record.api = ApiAnswer{200, "applied", "", 2, {}};
  if (kind == Kind::confirmed) record.details = {{"seen", "predictor: wine-2 0 %, wine-1 100 %"}};
  return record;
}

Record by_hand(const std::string& action, const std::string& reason, const std::string& id) {
  Record record = of_wine(Kind::outcome, id, action + " by hand.");
  record.action = action;
  record.reason = reason;
  record.actor = "token:alice";
  record.because = "the database moves";
  return record;
}

struct Told {
  Lab lab;
  std::unique_ptr<AuditLog> log = lab.log();

  void add(const Record& record, std::chrono::milliseconds after = std::chrono::milliseconds(0)) {
    lab.clock.advance(after);
    REQUIRE(log->append(record));
  }
  Result<Case> find(const std::string& id) { return find_case(folder, lab.files, id); }
  Case found(const std::string& id) {
    auto result = find(id);
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result);
    return *result;
  }
  std::string story(const std::string& id = wine_id) {
    const Glossary glossary{[](auto reason) { return "what " + std::string(reason) + " means"; },
                            [](auto guard) { return std::string(guard) + " asks"; }};
    return tell(found(id), glossary);
  }
};

struct RolledBack : Told {
  RolledBack() {
    using std::chrono::milliseconds;
    add(rollback(Kind::intent));
    add(rollback(Kind::outcome), milliseconds(4));
    add(rollback(Kind::confirmed), milliseconds(2000));
  }
};

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a rollback is told with its alert and the times after it began") {
  RolledBack told;
  const auto story = told.story();
  CHECK(has(story, "The alert CanaryHighErrorRate was firing since 2026-08-01T11:59:50Z, with the value 0.31."));
  CHECK(has(story, "Its labels: revision wine-2, team vision.\n"));
  CHECK(has(story, "token:alertmanager delivered it from 127.0.0.1:56114."));
  CHECK(has(story, "2026-08-01 11:59:50.000           CanaryHighErrorRate began.\n"));
  CHECK(
      has(story, "2026-08-01 12:00:00.000  +10s     Decided. The intent was on the disk before the patch was sent.\n"));
  CHECK(has(story, "2026-08-01 12:00:00.004  +10s4ms  The API server answered 200: applied, generation 2.\n"));
  CHECK(has(story, "+12s4ms  Confirmed. Rolled back ml/wine. Seen in status: predictor: wine-2 0 %, wine-1 100 %.\n"));
}

TEST_CASE("a rollback is told with its guards and the shares before and after") {
  RolledBack told;
  const auto story = told.story();
  CHECK(has(story, "yes  stale_revision: stale_revision asks. Seen: the alert names wine-2\n"));
  CHECK(has(story, "predictor: the canary is wine-2 with 25 %; the stable revision is wine-1.\n"));
  CHECK(has(story, "predictor: wine-2 from 25 % to 0 %, wine-1 from 75 % to 100 %\n"));
  CHECK(has(story, "only if /metadata/generation is 1\n"));
  CHECK(has(story, "sets /spec/x to 0\n"));
  CHECK(has(story, "Verdict act, reason rolled_back: what rolled_back means\n"));
  CHECK(has(story, "Id " + wine_id + ", intent, 2026-08-01 12:00:00.000 UTC. 3 records, from 1 to 3 of the log.\n"));
}

TEST_CASE("an intent alone says that its end is not recorded") {
  Told told;
  told.add(rollback(Kind::intent));
  CHECK(has(told.story(), "What became of it is not recorded"));
}

TEST_CASE("what was not confirmed is told loudly") {
  Told told;
  told.add(rollback(Kind::intent));
  told.add(rollback(Kind::unconfirmed));
  CHECK(has(told.story(), "NOT CONFIRMED. "));
}

TEST_CASE("an earlier record about the same episode of an alert dates the first notification") {
  Told told;
  auto earlier = rollback(Kind::decision, third_id);
  earlier.reason = "cluster_unavailable";
  told.add(earlier);
  auto of_another_episode = earlier;
  of_another_episode.alerts[0].starts_at = "2026-07-01T00:00:00Z";
  told.add(rollback(Kind::intent), std::chrono::seconds(30));
  const auto story = told.story();
  CHECK(has(story, "+10s  canaryd first recorded something about this alert: cluster_unavailable (" + third_id + ")."));
  CHECK(has(story, "+40s  Decided."));
}

TEST_CASE("a record about another episode of the alert is no first notification") {
  Told told;
  auto earlier = rollback(Kind::decision, third_id);
  earlier.alerts[0].starts_at = "2026-07-01T00:00:00Z";
  told.add(earlier);
  told.add(rollback(Kind::intent));
  CHECK_FALSE(told.found(wine_id).first_heard);
}

TEST_CASE("what moved the service afterwards is told and what did not is left out") {
  RolledBack told;
  auto undone = of_wine(Kind::decision, third_id, "A revision that was rolled back got traffic again.");
  undone.action = "observation";
  told.add(undone);
  auto held = of_wine(Kind::decision, third_id, "Not now.");
  held.verdict = "hold";
  held.action = "advance";
  told.add(held);
  auto elsewhere = rollback(Kind::outcome, third_id);
  elsewhere.target->name = "iris";
  told.add(elsewhere);
  told.add(by_hand("release", "released", third_id));
  const auto found = told.found(wine_id);
  REQUIRE(found.later.size() == 2);
  CHECK(found.later[0].record.action == "observation");
  CHECK(has(told.story(), "release by hand. By token:alice: the database moves. (" + third_id + ")\n"));
}

TEST_CASE("of many later events some are told and the rest is counted") {
  RolledBack told;
  for (int i = 0; i < 20; ++i) told.add(by_hand("hold", "hold_set", third_id));
  const auto found = told.found(wine_id);
  CHECK(found.later.size() == 8);
  CHECK(found.more_later == 12);
  CHECK(has(told.story(), "and 12 more.\n"));
}

TEST_CASE("a command of a person is told with the reason and what was passed over") {
  Told told;
  auto advance = by_hand("advance", "advanced", wine_id);
  advance.guards = {{"dwell", false, "10m of 30m", true}, {"frozen", false, "until 14:00", false}};
  told.add(advance);
  const auto story = told.story();
  CHECK(has(story, "token:alice asked for it: the database moves\n"));
  CHECK(has(story, "Passed over by name: dwell.\n"));
  CHECK(has(story, "NO, passed over  dwell: dwell asks. Seen: 10m of 30m\n"));
  CHECK(has(story, "NO   frozen: frozen asks. Seen: until 14:00\n"));
}

TEST_CASE("a stop is told with the start that ended it") {
  Told told;
  Record stop = by_hand("stop", "stop_set", wine_id);
  stop.target.reset();
  stop.details = {{"scope", "all services"}};
  told.add(stop);
  Record start = by_hand("start", "stop_lifted", third_id);
  start.target.reset();
  start.details = {{"scope", "all services"}};
  told.add(start);
  CHECK(has(told.story(), "start by hand. By token:alice"));
}

TEST_CASE("every kind of record has a story") {
  for (const Kind kind : {Kind::intent, Kind::outcome, Kind::decision, Kind::confirmed, Kind::unconfirmed,
                          Kind::received, Kind::lifecycle}) {
    Told told;
    told.add(full(kind, wine_id));
    const auto story = told.story();
    CHECK(has(story, "A sentence.\n"));
    CHECK(has(story, std::string("Id ") + wine_id + ", " + name_of(kind)));
    CHECK(has(story, "alerts[0].labels.description\n"));
  }
}

TEST_CASE("refused requests and events of the log are told with what they hold") {
  Told told;
  Record refused = of_kind(Kind::received, wine_id);
  refused.reason = refused.event = "unauthenticated";
  refused.verdict = "refuse";
  refused.peer = "10.0.0.9";
  refused.count = 7;
  told.add(refused);
  Record rotated = of_kind(Kind::lifecycle, third_id);
  rotated.event = "rotated";
  rotated.details = {{"previous", "segment-0.jsonl"}, {"records", "12"}};
  told.add(rotated);
  CHECK(has(told.story(), "Requests from 10.0.0.9, refused before anything was decided.\n"));
  CHECK(has(told.story(), "count: 7\n"));
  CHECK(has(told.story(third_id), "lifecycle rotated"));
  CHECK(has(told.story(third_id), "previous: segment-0.jsonl\n"));
}

TEST_CASE("the first digits of an id do when no other id begins with them") {
  Told told;
  told.add(rollback(Kind::intent, wine_id));
  CHECK(told.found(wine_id.substr(0, 6)).id == wine_id);
  told.add(rollback(Kind::intent, other_id));
  CHECK(told.found(wine_id).records.size() == 1);
  const auto several = told.find("195c92");
  REQUIRE_FALSE(several);
  CHECK(several.error().kind == ErrorKind::invalid);
  CHECK(has(several.error().message, "expected more digits: " + wine_id + ", " + other_id));
}

TEST_CASE("an id that is not there and what is no id are told apart") {
  Told told;
  const auto absent = told.find(third_id);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::not_found);
  CHECK(has(absent.error().message, "no record with the id " + third_id));
  for (const std::string id :
       {"", "195c9", "195c9*", "195C9229", "what\x1B[31m?", "0000000000000000000000000000000000"}) {
    const auto result = told.find(id);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::invalid);
    CHECK(has(result.error().message, "expected the id of a record, 32 hexadecimal digits"));
    CHECK(result.error().message.find('\x1B') == std::string::npos);
  }
}

TEST_CASE("what comes from outside cannot forge a line of the story or move the terminal") {
  Told told;
  auto record = rollback(Kind::intent);
  const std::string hostile = "x\n  Confirmed.\x1B[2J\xE2\x80\xAE \xFF";
  record.because = record.message = record.actor = record.peer = record.patch = record.reason = hostile;
  record.alerts[0].labels = {{hostile, hostile}};
  record.alerts[0].name = record.alerts[0].value = record.alerts[0].starts_at = hostile;
  record.guards = {{hostile, false, hostile, true}};
  record.changes = {{hostile, hostile, hostile, 5, 0}};
  record.target = TargetRef{hostile, hostile, hostile};
  record.details = {{hostile, hostile}};
  record.shortened = {hostile};
  record.api = ApiAnswer{500, hostile, hostile, 0, {hostile}};
  told.add(record);
  const auto story = told.story();
  CHECK(story.find('\x1B') == std::string::npos);
  CHECK(story.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(story.find("\n  Confirmed.") == std::string::npos);
  CHECK(is_utf8(story));
}
