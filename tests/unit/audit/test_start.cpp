#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "canaryd/audit/checkpoint.hpp"
#include "key_lab.hpp"
#include "rotation_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

const std::string checkpoints = path_in(folder, checkpoints_name);

// Segments 0, 2 and 4 closed with two records each, 6 open with one.
struct StartLab : RotatingLab {
  std::string id;
  std::vector<std::string> before;

  StartLab() {
    const auto log = this->log();
    for (const auto* name : {"a", "b", "c"}) REQUIRE(log->append(decision(name)));
    id = log->log_id();
    before = all_lines();
    REQUIRE(segments().size() == 4);
    for (const auto& path : files.paths()) files.put(path, files.content(path));  // all of it is on the disk
    settings.rotate_size = Settings().rotate_size;
  }
  void checkpoint(const TreeHead& head, const std::string& of) {
    std::vector<SigningKey> keys;
    keys.push_back(test_key());
    files.put(checkpoints, sign_checkpoint("canaryd/" + of, head, keys, clock.now()) + "\n");
  }
  TreeHead head(std::size_t size) const {
    return head_of({before.begin(), before.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  std::vector<Record> recovered() const {
    std::vector<Record> all;
    for (const auto& line : all_lines()) {
      if (auto record = parse_line(line).value(); record.event == "recovered") all.push_back(std::move(record));
    }
    return all;
  }
  std::string lost() const { return path_in(folder, "lost-" + id); }
};

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

}  // namespace

TEST_CASE("a log of many segments goes on where it was") {
  StartLab lab;
  const auto log = lab.log();
  CHECK(log->log_id() == lab.id);
  CHECK(lab.all_lines() == lab.before);
  CHECK(log->progress().head == head_of(lab.before));
  CHECK(log->progress().segment == 6);
  CHECK(log->append(decision("d")).value() == 7);
  CHECK(lab.verdict().intact);
}

TEST_CASE("a start does not read the records of closed segments") {
  StartLab lab;
  for (const std::uint64_t seq : {0U, 2U, 4U})
    lab.files.put(lab.on(seq), std::string(lab.files.content(lab.on(seq)).size(), 'x'));
  const auto log = lab.log();
  CHECK(log->log_id() == lab.id);
  CHECK(log->progress().head == head_of(lab.before));
  CHECK_FALSE(lab.verdict().intact);
}

TEST_CASE("a log whose oldest records were removed goes on under its id") {
  StartLab lab;
  lab.files.take_away(lab.on(0));
  lab.files.take_away(lab.on(2));
  const auto log = lab.log();
  CHECK(log->log_id() == lab.id);
  CHECK(log->progress().head == head_of(lab.before));
  CHECK(lab.recovered().empty());
}

TEST_CASE("a closed segment that cannot be read any more and that something waits in keeps no log from starting") {
  StartLab lab;
  lab.settings.rotate_size = 1;
  {
    const auto log = lab.log();
    REQUIRE(log->append(intent("open")));
    REQUIRE(log->append(decision("d")));
  }
  lab.compress(6);
  lab.files.put(path_in(folder, compressed_name(6)), "garbage");
  CHECK(lab.log()->log_id() == lab.id);
}

TEST_CASE("a closed segment that is missing while an older one is there is said once and the log goes on") {
  StartLab lab;
  lab.files.take_away(lab.on(2));
  {
    CHECK(lab.log()->log_id() == lab.id);
  }
  REQUIRE(lab.recovered().size() == 1);
  CHECK(detail(lab.recovered()[0], "missing") == segment_name(2));
  const auto log = lab.log();
  CHECK(lab.recovered().size() == 1);
  CHECK(log->progress().head == head_of([&] {
          auto lines = lab.before;
          lines.push_back(lab.all_lines().back());
          return lines;
        }()));
  const auto verdict = lab.verdict();
  CHECK(verdict.integrity.state == State::good);
  CHECK(verdict.completeness.state == State::broken);
}

TEST_CASE("the newest segment gets its first record anew when a crash came before it") {
  for (const auto& left : {std::string(), std::string("{\"seq\":6,\"ti"), std::string(300, '\0'),
                           std::string("{\"seq\":6,\"time\":\"garbage\"}\n")}) {
    CAPTURE(left);
    for (const bool compressed : {false, true}) {
      StartLab lab;
      if (compressed) lab.compress(4);
      lab.files.put(lab.on(6), left);
      lab.files.take_away(lab.leaves_of(6));
      const auto log = lab.log();
      CHECK(log->log_id() == lab.id);
      const auto lines = split(lab.files.content(lab.on(6)));
      REQUIRE(lines.size() == (left.empty() ? 1 : 2));
      const auto first = parse_line(lines[0]).value();
      CHECK(first.event == "rotated");
      CHECK(first.details == parse_line(lab.before[6]).value().details);
      if (!left.empty()) {
        CHECK(lab.files.content(path_in(folder, torn_name(6, 1))) == left);
        CHECK(detail(lab.recovered().at(0), "file") == torn_name(6, 1));
      }
      CHECK(log->append(decision("d")).value() == 6 + lines.size());
      CHECK(lab.verdict().intact);
    }
  }
}

TEST_CASE("a torn tail of the newest segment with holes and valid lines behind them is cut and kept") {
  StartLab lab;
  const auto whole = lab.files.content(lab.on(6));
  const auto tail = std::string(4096, '\0') + joined({lab.before[1], lab.before[3]});
  lab.files.put(lab.on(6), whole + tail);
  const auto log = lab.log();
  CHECK(lab.files.content(path_in(folder, torn_name(7, 1))) == tail);
  REQUIRE(lab.recovered().size() == 1);
  CHECK(detail(lab.recovered()[0], "records") == "1");  // the first stands behind the NULs
  CHECK(lab.verdict().intact);
}

TEST_CASE("a torn file that a record in a closed segment names is not recorded again") {
  StartLab lab;
  lab.settings.rotate_size = 1;
  lab.files.put(lab.on(6), lab.files.content(lab.on(6)) + "tail");
  {
    CHECK(lab.log()->append(decision("d")));
  }
  for (int i = 0; i < 3; ++i) CHECK(lab.log()->append(decision("e")));
  CHECK(lab.recovered().size() == 1);
  CHECK(lab.verdict().intact);
}

TEST_CASE("the rest of a failed rotation is put aside when the segment before it went on") {
  Lab lab;
  {
    const auto log = lab.log();
    REQUIRE(log->append({decision("a"), decision("b"), decision("c")}));
  }
  const auto before = lab.lines();
  const auto left = path_in(folder, segment_name(2));
  SUBCASE("empty") { lab.files.put(left, ""); }
  SUBCASE("torn") { lab.files.put(left, "{\"seq\":2,"); }
  lab.files.put(path_in(folder, leaves_name(2)), "");
  const auto log = lab.log();
  CHECK_FALSE(lab.files.exists(left));
  CHECK_FALSE(lab.files.exists(path_in(folder, leaves_name(2))));
  CHECK(log->append(decision("d")).value() >= 4);
  CHECK(std::equal(before.begin(), before.end(), lab.lines().begin()));
  CHECK(lab.verdict().intact);
}

TEST_CASE("a leaf file without a segment that a crash left is removed") {
  StartLab lab;
  lab.files.put(lab.leaves_of(7), "");
  const auto log = lab.log();
  CHECK(log->log_id() == lab.id);
  CHECK_FALSE(lab.files.exists(lab.leaves_of(7)));
}

TEST_CASE("a log that agrees with its newest checkpoint goes on") {
  for (const std::size_t size : {1U, 2U, 3U, 6U, 7U}) {
    StartLab lab;
    lab.checkpoint(lab.head(size), lab.id);
    CHECK(lab.log()->log_id() == lab.id);
    CHECK(lab.files.exists(checkpoints));
  }
}

namespace {

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
  for (int at = 1; at < 40; at += 2) {
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
  CHECK(crashes >= 200);
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
