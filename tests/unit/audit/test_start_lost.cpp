#include <doctest/doctest.h>

#include <functional>

#include "start_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// Opens and expects a new log in place of the one that was there, whose files are those of `old`.
void check_new_log(StartLab& lab, const std::map<std::string, std::string>& old, const std::string& why) {
  const auto log = lab.log();
  CHECK(log->log_id() != lab.id);
  const auto created = lab.record(0);
  CHECK(created.event == "created");
  CHECK(detail(created, "continues") == lab.id);
  CHECK(detail(created, "folder") == "lost-" + lab.id);
  INFO(detail(created, "lost"));
  CHECK(detail(created, "lost").find(why) != std::string::npos);
  auto expected = old;
  expected.erase("lock");
  const auto found = lab.contents(lab.lost());
  for (const auto& [name, bytes] : expected) {
    CAPTURE(name);
    CHECK(found.contains(name));
    if (found.contains(name)) CHECK(found.at(name) == bytes);
  }
  CHECK(found.size() == expected.size());
  REQUIRE(log->append(decision("new")));
  CHECK(log->progress().head == head_of(lab.all_lines()));
  CHECK(lab.metrics.text().find("canaryd_audit_lost_logs 1\n") != std::string::npos);
  CHECK(lab.verdict().intact);
}

struct Loss {
  const char* name;
  std::function<void(StartLab&)> does;
  std::string says;
};

std::vector<Loss> losses() {
  return {
      {"cut below its checkpoint",
       [](StartLab& lab) {
         lab.checkpoint(lab.head(7), lab.id);
         lab.files.put(lab.on(6), "");
         for (const std::uint64_t seq : {4U, 6U}) {
           lab.files.take_away(lab.on(seq));
           lab.files.take_away(lab.leaves_of(seq));
         }
       },
       "its newest checkpoint was made of 7"},
      {"cut within the open segment",
       [](StartLab& lab) {
         {
           REQUIRE(lab.log()->append({decision("d"), decision("e")}));
         }
         lab.before = lab.all_lines();
         lab.checkpoint(lab.head(9), lab.id);
         lab.files.put(lab.on(6), joined({lab.before[6], lab.before[7]}));
       },
       "it has 8 records, its newest checkpoint was made of 9"},
      {"another root",
       [](StartLab& lab) {
         auto head = lab.head(5);
         head.root[0] ^= 1;
         lab.checkpoint(head, lab.id);
       },
       "root of its first 5 records"},
      {"its checkpoints left alone",
       [](StartLab& lab) {
         lab.checkpoint(lab.head(7), lab.id);
         for (const auto& path : lab.files.paths()) {
           if (path.find("/segment-") != std::string::npos) lab.files.take_away(path);
         }
       },
       "none of its segments"},
      {"records and leaf hashes of a closed segment gone",
       [](StartLab& lab) {
         lab.files.take_away(lab.on(2));
         lab.files.take_away(lab.leaves_of(2));
       },
       "fewer records than 4"},
      {"a compressed segment without leaf hashes damaged",
       [](StartLab& lab) {
         lab.compress(2);
         lab.files.take_away(lab.leaves_of(2));
         const auto path = path_in(folder, compressed_name(2));
         lab.files.put(path, lab.files.content(path).substr(0, 40));
       },
       "the compressed segment ends too early"},
      {"the newest segment but its damaged compressed predecessor gone",
       [](StartLab& lab) {
         lab.compress(4);
         lab.files.put(lab.on(6), "");
         lab.files.put(path_in(folder, compressed_name(4)), "garbage");
         lab.checkpoint(lab.head(6), lab.id);
       },
       "no zstd frame"},
      {"a removed segment's leaf hashes cut",
       [](StartLab& lab) {
         lab.files.take_away(lab.on(2));
         lab.files.put(lab.leaves_of(2), std::string(63, 'x'));
       },
       "neither the records nor the leaf hashes of " + segment_name(2)},
      {"a removed segment's leaf hashes changed",
       [](StartLab& lab) {
         lab.files.take_away(lab.on(2));
         lab.files.put(lab.leaves_of(2), std::string(64, 'x'));
       },
       "is not the one that it names"},
      {"the first segment gone",
       [](StartLab& lab) {
         lab.files.take_away(lab.on(0));
         lab.files.take_away(lab.leaves_of(0));
         lab.checkpoint(lab.head(7), lab.id);
       },
       segment_name(0) + " and its leaf hashes are missing"},
      {"the records of the newest segment gone",
       [](StartLab& lab) {
         lab.files.take_away(lab.on(6));
         lab.checkpoint(lab.head(6), lab.id);
       },
       "the end of the log, are missing"},
  };
}

}  // namespace

TEST_CASE("a log that cannot be continued is kept apart and a new one names it") {
  for (const auto& loss : losses()) {
    CAPTURE(loss.name);
    StartLab lab;
    loss.does(lab);
    check_new_log(lab, lab.contents(), loss.says);
    const auto id = lab.record(0).details;
    CHECK(lab.log()->log_id() != lab.id);  // and the next start goes on in the new one
    CHECK(lab.record(0).details == id);
  }
}

TEST_CASE("the checkpoints of another log are no reason to take this log for that one") {
  StartLab lab;
  const std::string other(32, 'a');
  lab.checkpoint(lab.head(7), other);
  const auto old = lab.contents();
  check_new_log(lab, old, "those of the log " + other);
}

TEST_CASE("a crash at any moment of putting a log apart is completed by the next start") {
  int crashes = 0;
  for (const Lost lost : {Lost::nothing, Lost::all, Lost::first_half}) {
    for (int at = 1;; ++at) {
      StartLab lab;
      auto head = lab.head(5);
      head.root[0] ^= 1;
      lab.checkpoint(head, lab.id);
      const auto old = lab.contents();
      lab.files.crash_at(at);
      static_cast<void>(lab.open());
      if (!lab.files.crashed()) break;
      ++crashes;
      CAPTURE(at);
      CAPTURE(static_cast<int>(lost));
      lab.files.restart(lost);
      check_new_log(lab, old, "root of its first 5 records");
    }
  }
  MESSAGE("crashes played: " << crashes);
  CHECK(crashes >= 60);
}

TEST_CASE("two crashes in a row while a log is put apart lose nothing of it") {
  int crashes = 0;
  for (int at = 1; at < 40; at += 7) {
    for (int again = 1; again < 40; ++again) {
      StartLab lab;
      auto head = lab.head(5);
      head.root[0] ^= 1;
      lab.checkpoint(head, lab.id);
      const auto old = lab.contents();
      lab.files.crash_at(at);
      static_cast<void>(lab.open());
      if (!lab.files.crashed()) break;
      lab.files.restart(Lost::all);
      lab.files.crash_at(again);
      static_cast<void>(lab.open());
      if (!lab.files.crashed()) break;
      ++crashes;
      CAPTURE(at);
      CAPTURE(again);
      lab.files.restart(Lost::first_half);
      check_new_log(lab, old, "root of its first 5 records");
    }
  }
  MESSAGE("crashes played: " << crashes);
  CHECK(crashes >= 60);
}

TEST_CASE("a log that was put back and is lost again is kept beside the first") {
  StartLab lab;
  lab.files.put(path_in(lab.lost(), "segment"), "of the first time");
  auto head = lab.head(5);
  head.root[0] ^= 1;
  lab.checkpoint(head, lab.id);
  const auto log = lab.log();
  CHECK(detail(lab.record(0), "folder") == "lost-" + lab.id + "-2");
  CHECK(lab.files.content(path_in(lab.lost(), "segment")) == "of the first time");
  CHECK(lab.files.exists(path_in(lab.lost() + "-2", checkpoints_name)));
}
