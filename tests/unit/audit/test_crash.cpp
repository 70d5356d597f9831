#include <doctest/doctest.h>

#include <cerrno>
#include <set>

#include "crash_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// Two lives of a log, with a failed fdatasync in the first, as far as the crash lets them come.
void live(Lab& lab, Told& told) {
  if (auto log = lab.open()) {
    told.append(**log, "a");
    lab.files.fail(Op::sync, 1, EIO);
    told.append(**log, "b");
    told.append(**log, "c");
  }
  if (auto log = lab.open()) told.append(**log, "d");
}

void check_after_crash(Lab& lab, const Told& told) {
  const auto log = lab.log();
  const auto ids = ids_in(lab.lines());
  for (const auto& id : told.acknowledged) CHECK(ids.contains(id));
  for (const auto& id : ids) CHECK(told.begun.contains(id));
  CHECK(log->recovered().open_intents.size() == ids.size());
  CHECK(lab.verdict().intact);
  CHECK(lab.verdict().notes.size() <= 3);
  REQUIRE(log->append(decision("after")));
  CHECK(lab.verdict().intact);
  CHECK(lab.files.on_disk(segment) == lab.files.content(segment));
}

}  // namespace

TEST_CASE("a crash at any operation loses no acknowledged record and invents none") {
  int crashes = 0;
  for (const Lost lost : {Lost::nothing, Lost::all, Lost::second_half, Lost::first_half}) {
    for (int at = 1;; ++at) {
      Lab lab;
      lab.logger.set_level(LogLevel::error);
      Told told;
      lab.files.crash_at(at);
      live(lab, told);
      if (!lab.files.crashed()) break;
      ++crashes;
      CAPTURE(at);
      CAPTURE(static_cast<int>(lost));
      lab.files.restart(lost);
      check_after_crash(lab, told);
    }
  }
  MESSAGE("crashes played: " << crashes);
  CHECK(crashes >= 60);
}

TEST_CASE("a crash at any operation of a recovery keeps what was cut and records it once") {
  for (const Lost lost : {Lost::nothing, Lost::all, Lost::second_half, Lost::first_half}) {
    for (int at = 1;; ++at) {
      Lab lab;
      {
        REQUIRE(lab.log()->append(intent("a")));
      }
      const std::string tail = "{\"seq\":2,\"time\":\"20";
      lab.files.put(segment, lab.files.content(segment) + tail);
      lab.files.crash_at(at);
      static_cast<void>(lab.open());
      const bool crashed = lab.files.crashed();
      CAPTURE(at);
      CAPTURE(static_cast<int>(lost));
      lab.files.restart(lost);
      const auto log = lab.log();
      CHECK(ids_in(lab.lines()) == std::set<std::string>{"a"});
      int kept = 0;
      const auto names = lab.files.list(folder);
      for (const auto& name : *names) {
        if (!name.starts_with("torn-")) continue;
        if (lab.files.content(folder + "/" + name) == tail) ++kept;
        int named = 0;
        for (const auto& line : lab.lines()) named += line.find("\"" + name + "\"") != std::string::npos ? 1 : 0;
        CHECK(named == 1);
      }
      CHECK(kept == 1);
      CHECK(lab.verdict().intact);
      if (!crashed) break;
    }
  }
}

TEST_CASE("a process that died after a failed fdatasync does not build on bytes that no disk has") {
  Lab lab;
  {
    const auto log = lab.log();
    REQUIRE(log->append(decision("a")));
    lab.files.fail(Op::sync, 1, EIO);
    CHECK_FALSE(log->append(decision("lost")));
  }
  lab.files.restart(Lost::nothing);
  {
    const auto log = lab.log();
    REQUIRE(log->append(decision("b")));
  }
  lab.files.restart(Lost::all);
  CHECK(lab.files.content(segment).find("\"id\":\"b\"") != std::string::npos);
  CHECK(lab.verdict().intact);
}
