#include <doctest/doctest.h>

#include "canaryd/base/digest.hpp"
#include "canaryd/base/text.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

TEST_CASE("a new log begins with a record that names its format and its id") {
  Lab lab;
  const auto log = lab.log();
  const auto lines = lab.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("{\"seq\":0,\"time\":\"2026-08-01T12:00:00.000001Z\",\"prev\":\"" + std::string(64, '0') +
                             "\",\"format\":1,\"log\":\"" + log->log_id() + "\",\"kind\":\"lifecycle\",\"id\":\""));
  CHECK(log->log_id().size() == 32);
  CHECK(lab.files.on_disk(segment) == lab.files.content(segment));
}

TEST_CASE("each record follows the one before by its hash and its seq") {
  Lab lab;
  const auto log = lab.log();
  CHECK(log->append(decision("a")).value() == 1);
  CHECK(log->append({decision("b"), decision("c")}).value() == 2);
  CHECK(log->append(decision("d")).value() == 4);
  const auto lines = lab.lines();
  REQUIRE(lines.size() == 5);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto seq = "{\"seq\":" + std::to_string(i) + ",";
    CHECK(lines[i].starts_with(seq));
    CHECK(lines[i].find("\"prev\":\"" + sha256_hex(lines[i - 1]) + "\"") != std::string::npos);
  }
}

TEST_CASE("a log that is opened again goes on under the same id") {
  Lab lab;
  std::string id;
  {
    const auto log = lab.log();
    id = log->log_id();
    REQUIRE(log->append(decision("a")));
  }
  const auto log = lab.log();
  CHECK(log->log_id() == id);
  CHECK(log->append(decision("b")).value() == 2);
  CHECK(lab.lines().size() == 3);
  CHECK(lab.verdict().intact);
}

TEST_CASE("what is acknowledged is on the disk and what is empty is left out") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(decision("a")));
  const auto line = split(lab.files.on_disk(segment)).at(1);
  CHECK(line.ends_with(R"(","kind":"decision","id":"a","message":"A sentence."})"));
}

TEST_CASE("a full record is one line in the documented order") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(full(Kind::outcome, "a")));
  const auto line = lab.lines().at(1);
  const std::string expected =
      R"("kind":"outcome","id":"a","event":"start","target":{"namespace":"ml","name":"iris","uid":"5f0c"},)"
      R"("alerts":[{"name":"CanaryHighErrorRate","status":"firing","fingerprint":"f1",)"
      R"("starts_at":"2026-08-01T11:59:00Z","value":"0.07","labels":{"revision":"iris-2"}}],)"
      R"("action":"rollback","verdict":"act","reason":"rolled_back",)"
      R"("guards":[{"guard":"dwell","passed":false,"detail":"5 minutes short","overridden":true}],)"
      R"("changes":[{"component":"predictor","canary":"iris-2","stable":"iris-1","percent_before":5,"percent_after":0}],)"
      R"("generation":6,"patch":"[{\"op\":\"test\",\"path\":\"/metadata/generation\",\"value\":6}]",)"
      R"("api":{"http_status":200,"result":"applied","detail":"ok","generation":7,)"
      R"("admission_changed":["/metadata/labels/team"]},"policy_sha256":")" +
      std::string(64, 'a') + R"(","config_sha256":")" + std::string(64, 'b') +
      R"(","actor":"token:am","peer":"10.0.0.7","because":"asked for by the team","count":3,"details":{"deadline":"8s"},"shortened":["alerts[0].labels.description"],"message":"A sentence."})";
  CHECK(line.ends_with("," + expected));
}

TEST_CASE("bytes that are not UTF-8 and characters that deceive are escaped as text") {
  Lab lab;
  const auto log = lab.log();
  Record record = decision("a");
  record.message =
      std::string(
          "\xff\xc0 \"q\" \\ \n\t\x01\x7f \xc3\xa4 \xc2\x9b \xe2\x80\xae \xe2\x80\xa8 \xe2\x81\xa6 \xe2\x82\xac") +
      '\0';
  record.details = {{"key\xfe", "v\xed\xa0\x80"}};
  REQUIRE(log->append(record));
  const auto line = lab.lines().at(1);
  CHECK(is_utf8(line));
  CHECK(line.ends_with(R"("details":{"key\\xfe":"v\\xed\\xa0\\x80"},"message":")"
                       R"(\\xff\\xc0 \"q\" \\ \n\t\u0001\u007f )"
                       "\xc3\xa4"
                       R"( \u009b \u202e \u2028 \u2066 )"
                       "\xe2\x82\xac"
                       R"(\u0000"})"));
  CHECK(lab.verdict().intact);
}

TEST_CASE("intents without outcome and outcomes without confirmation come back whole") {
  Lab lab;
  {
    const auto log = lab.log();
    REQUIRE(log->append({full(Kind::intent, "settled"), outcome("settled", "not_applied")}));
    REQUIRE(log->append({intent("confirmed"), outcome("confirmed"), of_kind(Kind::confirmed, "confirmed")}));
    REQUIRE(log->append({intent("late"), outcome("late"), of_kind(Kind::unconfirmed, "late")}));
    REQUIRE(log->append({intent("again"), outcome("again", "not_applied"), intent("again")}));
    REQUIRE(log->append({intent("waiting"), full(Kind::outcome, "waiting")}));
    REQUIRE(log->append(full(Kind::intent, "open\xff\"")));
  }
  const auto log = lab.log();
  const auto& found = log->recovered();
  REQUIRE(found.open_intents.size() == 2);
  CHECK(found.open_intents[0].id == "again");
  const Record& record = found.open_intents[1];
  CHECK(record.id == "open\\xff\"");
  CHECK(record.target->ns == "ml");
  CHECK(record.target->uid == "5f0c");
  CHECK(record.alerts.at(0).labels.at(0).second == "iris-2");
  CHECK(record.changes.at(0).percent_before == 5);
  CHECK(record.changes.at(0).percent_after == 0);
  CHECK_FALSE(record.guards.at(0).passed);
  CHECK(record.guards.at(0).overridden);
  CHECK(record.because == "asked for by the team");
  CHECK(record.api->admission_changed.at(0) == "/metadata/labels/team");
  CHECK(record.generation == 6);
  CHECK(record.count == 3);
  CHECK(record.patch == full(Kind::intent, "").patch);
  REQUIRE(found.unconfirmed.size() == 1);
  CHECK(found.unconfirmed[0].id == "waiting");
}

TEST_CASE("a second process on the folder is refused at once and the first goes on") {
  Lab lab;
  const auto log = lab.log();
  const auto second = lab.open();
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::io);
  CHECK(second.error().message.find("is in use by another process") != std::string::npos);
  CHECK(log->append(decision("a")));
}

TEST_CASE("an empty append and a record longer than a line are refused without harm") {
  Lab lab;
  const auto log = lab.log();
  CHECK(log->append(std::vector<Record>()).error().kind == ErrorKind::invalid);
  Record record = decision("a");
  record.message = std::string(17 << 20, 'x');
  CHECK(log->append(record).error().kind == ErrorKind::invalid);
  CHECK(log->writable());
  CHECK(log->append(decision("b")).value() == 1);
}

TEST_CASE("records and writes are counted by kind and result") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append({decision("a"), decision("b")}));
  const auto text = lab.metrics.text();
  CHECK(text.find("canaryd_audit_records_total{kind=\"decision\"} 2\n") != std::string::npos);
  CHECK(text.find("canaryd_audit_records_total{kind=\"intent\"} 0\n") != std::string::npos);
  CHECK(text.find("canaryd_audit_writes_total{result=\"ok\"} 2\n") != std::string::npos);
  CHECK(text.find("canaryd_audit_sync_seconds_count 2\n") != std::string::npos);
  CHECK(text.find("canaryd_audit_writable 1\n") != std::string::npos);
}
