#include <doctest/doctest.h>

#include <cerrno>

#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

std::string gauge(Lab& lab) {
  const auto text = lab.metrics.text();
  const auto at = text.find("\ncanaryd_audit_writable ");
  return text.substr(at + 24, 1);
}

}  // namespace

TEST_CASE("what a failed fdatasync left behind is cut before anything else is acknowledged") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(decision("a")));
  lab.files.fail(Op::sync, 1, EIO);
  const auto lost = log->append(intent("lost"));
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::io);
  CHECK_FALSE(log->writable());
  CHECK(gauge(lab) == "0");

  REQUIRE(log->append(decision("b")));
  CHECK(log->writable());
  CHECK(gauge(lab) == "1");
  lab.files.restart(Lost::all);
  const auto content = lab.files.content(segment);
  CHECK(content.find("lost") == std::string::npos);
  CHECK(content.find("\"id\":\"b\"") != std::string::npos);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a failed write is cut and recorded when the log goes on") {
  Lab lab;
  const auto log = lab.log();
  lab.files.fail(Op::append, 1, EIO);
  CHECK_FALSE(log->append(decision("lost")));
  CHECK_FALSE(lab.verdict().notes.empty());  // half a line stands there
  REQUIRE(log->append(decision("b")));
  REQUIRE(log->append(decision("c")));
  const auto lines = lab.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].find("\"event\":\"recovered\"") != std::string::npos);
  CHECK(lines[1].find("\"why\":\"a write or fdatasync failed\"") != std::string::npos);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a log that cannot be repaired acknowledges nothing until it can") {
  for (const Op op : {Op::open, Op::truncate, Op::sync_directory}) {
    Lab lab;
    const auto log = lab.log();
    REQUIRE(log->append(decision("a")));
    lab.files.fail(Op::sync, 1, EIO);
    CHECK_FALSE(log->append(decision("lost")));
    lab.files.fail(op, 1, EIO);
    CHECK_FALSE(log->append(decision("lost too")));
    CHECK_FALSE(log->writable());
    REQUIRE(log->append(decision("b")));
    CHECK(log->writable());
    CHECK(lab.files.on_disk(segment).find("lost") == std::string::npos);
    CHECK(lab.verdict().intact);
  }
}

TEST_CASE("acknowledged records that vanished under the process stop it") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(decision("a")));
  lab.files.fail(Op::sync, 1, EIO);
  CHECK_FALSE(log->append(decision("lost")));
  const auto lines = lab.lines();
  SUBCASE("cut short") {
    lab.files.put(segment, lines[0] + "\n");
    CHECK(log->append(decision("b")).error().message.find("lost records that were acknowledged") != std::string::npos);
  }
  SUBCASE("changed") {
    auto changed = lines[1];
    changed[changed.size() - 4] = 'X';
    lab.files.put(segment, lines[0] + "\n" + changed + "\n");
    CHECK(log->append(decision("b")).error().message.find("is not what was written") != std::string::npos);
  }
  CHECK_FALSE(log->writable());
}

TEST_CASE("without room for its outcome an intent is not written and nothing is broken") {
  Lab lab;
  const auto log = lab.log();
  lab.files.set_free(0);
  Record big = intent("i");
  big.message = std::string(2 << 20, 'x');
  const auto refused = log->append(big);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::io);
  CHECK(refused.error().message.find("No space left") != std::string::npos);
  CHECK_FALSE(log->writable());
  CHECK(lab.lines().size() == 1);
  lab.files.set_free(std::nullopt);
  CHECK(log->append(intent("j")).value() == 1);
  CHECK(log->writable());
}

TEST_CASE("the outcome of an acknowledged intent fits on a disk that others filled") {
  Lab lab;
  const auto log = lab.log();
  int written = 0;
  lab.files.set_free(3 << 20);
  while (log->append(intent("i" + std::to_string(written)))) ++written;
  REQUIRE(written > 100);
  CHECK_FALSE(log->writable());
  while (log->append(decision("d"))) continue;
  for (int i = 0; i < written; ++i) CHECK(log->append(full(Kind::outcome, "i" + std::to_string(i))));
  CHECK_FALSE(log->writable());
  CHECK(lab.verdict().open_intents.empty());
  CHECK(lab.verdict().intact);
}

TEST_CASE("a disk that fills during the write loses nothing that was acknowledged") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(decision("a")));
  lab.files.fail(Op::append, 1, ENOSPC);
  CHECK_FALSE(log->append(decision("lost")));
  REQUIRE(log->append(decision("b")));
  CHECK(lab.verdict().intact);
  CHECK(lab.lines().size() == 4);
}

TEST_CASE("a new log on a full disk does not open and leaves no half of one") {
  Lab lab;
  lab.files.set_free(0);
  CHECK_FALSE(lab.open());
  lab.files.set_free(std::nullopt);
  const auto log = lab.log();
  CHECK(log->append(decision("a")).value() == 1);
  CHECK(lab.verdict().intact);
}
