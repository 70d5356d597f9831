#include <doctest/doctest.h>

#include <cerrno>
#include <set>

#include "crash_lab.hpp"
#include "rotation_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// Two lives with rotations, in the first a failed fdatasync, a failed leaf, a failed rotation and one tried again.
void live(RotatingLab& lab, Told& told) {
  if (auto log = lab.open()) {
    told.append(**log, "a");
    told.append(**log, "b");
    lab.files.fail(Op::sync, 1, EIO);
    told.append(**log, "c");
    lab.files.fail(Op::append, 2, EIO);
    told.append(**log, "d");
    lab.files.fail(Op::append, 3, EIO);
    told.append(**log, "e");
    lab.clock.advance(std::chrono::minutes(1));
    static_cast<void>((*log)->check());
    told.append(**log, "f");
  }
  if (auto log = lab.open()) {
    told.append(**log, "g");
    told.append(**log, "h");
  }
}

void check_after_crash(RotatingLab& lab, const Told& told) {
  const auto log = lab.log();
  const auto ids = ids_in(lab.all_lines());
  for (const auto& id : told.acknowledged) CHECK(ids.contains(id));
  for (const auto& id : ids) CHECK(told.begun.contains(id));
  CHECK(log->recovered().open_intents.size() == ids.size());
  REQUIRE(log->append({decision("after"), decision("that")}));
  CHECK(log->progress().head == head_of(lab.all_lines()));
  const auto verdict = lab.verdict();
  INFO(to_text(verdict));
  CHECK(verdict.intact);
  for (const auto& path : lab.segments()) CHECK(lab.files.on_disk(path) == lab.files.content(path));
  CHECK(lab.files.exists(path_in(folder, "lost-" + log->log_id())) == false);
  for (const auto& path : lab.files.paths()) CHECK(path.find("/lost-") == std::string::npos);
}

}  // namespace

TEST_CASE("a crash at any operation of a log with rotations loses no acknowledged record and invents none") {
  int crashes = 0;
  for (const Lost lost : {Lost::nothing, Lost::all, Lost::second_half, Lost::first_half}) {
    for (int at = 1;; ++at) {
      RotatingLab lab;
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
  CHECK(crashes >= 300);
}

TEST_CASE("a second crash while a log with rotations starts again loses nothing either") {
  int crashes = 0;
  for (const Lost lost : {Lost::all, Lost::first_half}) {
    for (int at = 20; at < 120; at += 11) {
      for (int again = 1; again < 40; ++again) {
        RotatingLab lab;
        Told told;
        lab.files.crash_at(at);
        live(lab, told);
        lab.files.restart(lost);
        lab.files.crash_at(again);
        static_cast<void>(lab.open());
        if (!lab.files.crashed()) break;
        ++crashes;
        CAPTURE(at);
        CAPTURE(again);
        lab.files.restart(lost);
        check_after_crash(lab, told);
      }
    }
  }
  MESSAGE("crashes played: " << crashes);
  CHECK(crashes >= 80);
}
