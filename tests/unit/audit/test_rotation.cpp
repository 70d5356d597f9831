#include <doctest/doctest.h>

#include <cerrno>
#include <thread>

#include "rotation_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

TEST_CASE("a large segment is closed and the next one begins with what it held") {
  RotatingLab lab;
  const auto log = lab.log();
  lab.clock.advance(std::chrono::seconds(1));
  REQUIRE(log->append(decision("a")));
  const auto closed = split(lab.files.content(lab.on(0)));
  REQUIRE(closed.size() == 2);
  CHECK(lab.segments() == std::vector<std::string>{lab.on(0), lab.on(2)});

  const auto rotated = lab.record(2);
  CHECK(rotated.kind == Kind::lifecycle);
  CHECK(rotated.event == "rotated");
  const Pairs expected{{"bytes", std::to_string(joined(closed).size())},
                       {"from", "2026-08-01T12:00:00.000001Z"},
                       {"log", log->log_id()},
                       {"previous", segment_name(0)},
                       {"records", "2"},
                       {"root", hex_of_root(head_of(closed))},
                       {"sha256", sha256_hex(joined(closed))},
                       {"to", "2026-08-01T12:00:01.000001Z"}};
  CHECK(rotated.details == expected);
  CHECK(lab.all_lines()[2].find("\"prev\":\"" + sha256_hex(closed[1]) + "\"") != std::string::npos);
  CHECK(lab.files.on_disk(lab.leaves_of(0)) == leaves_of(closed));
  CHECK(log->progress().segment == 2);
  CHECK(log->progress().head == head_of(lab.all_lines()));
  CHECK(log->append(decision("b")).value() == 3);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a segment that is old enough is closed by a look at the log and an idle one is not") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(decision("a")));
  lab.clock.advance(std::chrono::hours(24) - std::chrono::microseconds(1));
  CHECK(log->check());
  CHECK(lab.segments().size() == 1);
  lab.clock.advance(std::chrono::microseconds(1));
  CHECK(log->check());
  CHECK(lab.segments().size() == 2);
  for (int day = 0; day < 3; ++day) {
    lab.clock.advance(std::chrono::hours(24));
    CHECK(log->check());
  }
  CHECK(lab.segments().size() == 2);
  CHECK(lab.metrics.text().find("canaryd_audit_rotations_total{result=\"ok\"} 1\n") != std::string::npos);
  CHECK(lab.verdict().intact);
}

TEST_CASE("the age of a segment is that of its first record also after a restart") {
  Lab lab;
  {
    REQUIRE(lab.log()->append(decision("a")));
  }
  lab.clock.advance(std::chrono::hours(23));
  const auto log = lab.log();
  CHECK(log->check());
  CHECK(lab.segments().size() == 1);
  lab.clock.advance(std::chrono::hours(1));
  CHECK(log->check());
  CHECK(lab.segments().size() == 2);
}

TEST_CASE("a clock that went back keeps the records in order and the times of a segment true") {
  RotatingLab lab;
  lab.settings.rotate_size = 1000;
  const auto log = lab.log();
  lab.clock.advance(std::chrono::hours(2));
  REQUIRE(log->append(decision("late")));
  lab.clock.advance(-std::chrono::hours(5));
  while (lab.segments().size() == 1) REQUIRE(log->append(decision("early")));
  const auto rotated = parse_line(split(lab.files.content(lab.segments()[1])).at(0)).value();
  CHECK(detail(rotated, "from") == "2026-08-01T09:00:00.000001Z");
  CHECK(detail(rotated, "to") == "2026-08-01T14:00:00.000001Z");
  CHECK(lab.verdict().intact);
}

TEST_CASE("what waits for its end is found again over segments that were closed and compressed since") {
  RotatingLab lab;
  {
    const auto log = lab.log();
    REQUIRE(log->append(full(Kind::intent, "open")));  // 1, in segment 0
    REQUIRE(log->append(intent("done")));              // 3, in segment 2
    REQUIRE(log->append(full(Kind::outcome, "done")));
    REQUIRE(log->append(intent("other")));
    REQUIRE(log->append(outcome("other", "not_applied")));
  }
  for (const std::uint64_t seq : {0U, 2U, 4U}) lab.compress(seq);
  CHECK(detail(lab.record(lab.all_lines().size() - 1), "unfinished_from") == segment_name(0));
  {
    const auto log = lab.log();
    REQUIRE(log->recovered().open_intents.size() == 1);
    CHECK(log->recovered().open_intents[0].id == "open");
    CHECK(log->recovered().open_intents[0].patch == full(Kind::intent, "").patch);
    REQUIRE(log->recovered().unconfirmed.size() == 1);
    CHECK(log->recovered().unconfirmed[0].id == "done");
    REQUIRE(log->append(outcome("open", "not_applied")));
    CHECK(detail(lab.record(lab.all_lines().size() - 1), "unfinished_from") == segment_name(4));
    REQUIRE(log->append(of_kind(Kind::confirmed, "done")));
    CHECK(detail(lab.record(lab.all_lines().size() - 1), "unfinished_from").empty());
  }
  CHECK(lab.log()->recovered().open_intents.empty());
  CHECK(lab.verdict().intact);
}

TEST_CASE("a rotation that fails leaves the old segment going on and is tried again") {
  struct Failure {
    Op op;
    int nth;
  };
  // The file, its name, its first record (behind the appended one and its leaf), the fdatasync of that (behind those of
  // the appended one and of the leaves).
  for (const auto& failure :
       {Failure{Op::open, 1}, Failure{Op::sync_directory, 1}, Failure{Op::append, 3}, Failure{Op::sync, 3}}) {
    CAPTURE(static_cast<int>(failure.op));
    RotatingLab lab;
    const auto log = lab.log();
    lab.files.fail(failure.op, failure.nth, EIO);
    REQUIRE(log->append(decision("a")));
    REQUIRE(lab.segments().size() == 1);
    CHECK(log->writable());
    CHECK(log->progress().segment == 0);
    REQUIRE(log->append(decision("b")));
    CHECK(lab.segments().size() == 1);
    CHECK(lab.verdict().intact);
    lab.clock.advance(std::chrono::seconds(30));
    CHECK(log->check());
    CHECK(lab.segments().size() == 2);
    REQUIRE(log->append(decision("c")));
    CHECK(lab.metrics.text().find("canaryd_audit_rotations_total{result=\"failed\"} 1\n") != std::string::npos);
    CHECK(lab.verdict().intact);
    lab.files.restart(Lost::all);
    CHECK(lab.verdict().intact);
    CHECK(lab.log()->append(decision("d")));
  }
}

TEST_CASE("a segment goes on while there is no room for the next one") {
  RotatingLab lab;
  const auto log = lab.log();
  lab.files.set_free(500);
  REQUIRE(log->append(decision("a")));
  CHECK(lab.segments().size() == 1);
  CHECK(log->writable());
  lab.files.set_free(std::nullopt);
  lab.clock.advance(std::chrono::seconds(30));
  CHECK(log->check());
  CHECK(lab.segments().size() == 2);
  CHECK(lab.verdict().intact);
}

TEST_CASE("nothing is acknowledged while the rest of a failed rotation cannot be removed") {
  RotatingLab lab;
  const auto log = lab.log();
  lab.files.fail(Op::append, 3, EIO);  // the first record of the next segment
  lab.files.fail(Op::remove, 1, EIO);
  REQUIRE(log->append(decision("a")));
  CHECK(lab.segments().size() == 2);
  lab.files.fail(Op::remove, 1, EIO);
  CHECK_FALSE(log->append(decision("lost")));
  CHECK_FALSE(log->writable());
  REQUIRE(log->append(decision("b")));
  CHECK(log->writable());
  CHECK(lab.segments().size() == 1);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a file that stands where the next segment belongs is never written over") {
  RotatingLab lab;
  const auto log = lab.log();
  lab.files.put(lab.on(2), "somebody's");
  REQUIRE(log->append(decision("a")));
  REQUIRE(log->append(decision("b")));
  CHECK(lab.files.content(lab.on(2)) == "somebody's");
  CHECK(log->progress().segment == 0);
}

TEST_CASE("the outcomes of intents in closed segments fit on a disk that others filled") {
  RotatingLab lab;
  lab.settings.rotate_size = 20000;
  const auto log = lab.log();
  lab.files.set_free(3 << 20);
  int written = 0;
  while (log->append(intent("i" + std::to_string(written)))) ++written;
  REQUIRE(lab.segments().size() > 1);
  while (log->append(decision("d"))) continue;
  for (int i = 0; i < written; ++i) CHECK(log->append(full(Kind::outcome, "i" + std::to_string(i))));
  CHECK(lab.verdict().open_intents.empty());
  CHECK(lab.verdict().intact);
}

TEST_CASE("appends of many threads over many segments keep one order and progress is never behind them") {
  RotatingLab lab;
  lab.settings.rotate_size = 2000;
  const auto log = lab.log();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        const auto seq = log->append(outcome(std::to_string(t)));
        const auto progress = log->progress();
        CHECK(progress.head.size > seq.value());
        CHECK(progress.settled > seq.value());
        CHECK(progress.settled <= progress.head.size);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(lab.segments().size() > 10);
  CHECK(lab.verdict().intact);
  CHECK(log->progress().head == head_of(lab.all_lines()));
  CHECK(log->progress().head.size == lab.verdict().records);
}

TEST_CASE("what begins something is refused while the volume is almost full and what settles it is written") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(intent("a")));
  log->stop_beginning("the volume is almost full");
  CHECK_FALSE(log->writable());
  for (const auto kind : {Kind::intent, Kind::decision, Kind::received}) {
    const auto refused = log->append(of_kind(kind, "b"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::io);
    CHECK(refused.error().message == "the volume is almost full");
  }
  CHECK_FALSE(log->append({outcome("a"), decision("b")}));
  for (const auto kind : {Kind::outcome, Kind::confirmed, Kind::unconfirmed, Kind::lifecycle}) {
    CHECK(log->append(of_kind(kind, "a")));
  }
  CHECK_FALSE(log->writable());
  CHECK(lab.metrics.text().find("\ncanaryd_audit_writable 0") != std::string::npos);
  log->stop_beginning("");
  CHECK(log->writable());
  CHECK(log->append(decision("b")));
}
