#include <doctest/doctest.h>

#include <algorithm>

#include "start_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

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

TEST_CASE("a segment that a record names as removed is not missing though an older one is there") {
  StartLab lab;
  {
    const auto log = lab.log();
    Record removed;
    removed.kind = Kind::lifecycle;
    removed.id = "r";
    removed.event = "removed";
    removed.details = {{"first_seq", "2"}, {"last_seq", "3"}, {"since_seq", "2"}};
    REQUIRE(log->append(removed));
  }
  lab.files.take_away(lab.on(2));
  lab.files.take_away(lab.on(4));
  CHECK(lab.log()->log_id() == lab.id);
  REQUIRE(lab.recovered().size() == 1);
  CHECK(detail(lab.recovered()[0], "missing") == segment_name(4));
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
