#include <doctest/doctest.h>

#include <cerrno>

#include "rotation_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

const std::string leaf_file = path_in(folder, leaves_name(0));

// Three records: created, a, b.
void small_log(Lab& lab) {
  const auto log = lab.log();
  REQUIRE(log->append({decision("a"), decision("b")}));
}

std::string events(const Lab& lab) {
  std::string all;
  for (const auto& line : lab.all_lines()) all += parse_line(line).value().event + " ";
  return all;
}

}  // namespace

TEST_CASE("each batch adds its leaf hashes by one write") {
  Lab lab;
  const auto log = lab.log();
  const int before = lab.files.count(Op::append);
  const int syncs = lab.files.count(Op::sync);
  REQUIRE(log->append({decision("a"), decision("b"), decision("c")}));
  CHECK(lab.files.count(Op::append) == before + 2);
  CHECK(lab.files.count(Op::sync) == syncs + 1);
  CHECK(lab.files.content(leaf_file) == leaves_of(lab.lines()));
  CHECK(log->progress().head == head_of(lab.lines()));
  CHECK(log->progress().settled == 0);
}

TEST_CASE("a leaf hash that cannot be written fails nothing and is written at the rotation") {
  RotatingLab lab;
  lab.settings.rotate_size = 1000;
  const auto log = lab.log();
  lab.files.fail(Op::append, 2, EIO);
  REQUIRE(log->append(decision("a")));
  CHECK(log->writable());
  CHECK(lab.files.content(leaf_file).size() < 64);
  CHECK(lab.verdict().intact);
  while (lab.segments().size() == 1) REQUIRE(log->append(decision("b")));
  CHECK(lab.files.on_disk(leaf_file) == leaves_of(lab.lines()));
  CHECK(lab.verdict().intact);
}

TEST_CASE("a segment whose leaf hashes cannot be completed is not closed") {
  RotatingLab lab;
  const auto log = lab.log();
  lab.files.fail(Op::append, 2, EIO);
  lab.files.fail(Op::truncate, 1, EIO);
  REQUIRE(log->append(decision("a")));
  CHECK(lab.segments().size() == 1);
  lab.clock.advance(std::chrono::seconds(30));
  CHECK(log->check());
  CHECK(lab.segments().size() == 2);
  CHECK(lab.files.on_disk(leaf_file) == leaves_of(lab.lines()));
}

TEST_CASE("leaf hashes that somebody took away while the log was written are there when the segment is closed") {
  RotatingLab lab;
  lab.settings.rotate_size = 1000;
  const auto log = lab.log();
  REQUIRE(log->append(decision("a")));
  SUBCASE("deleted") { lab.files.take_away(leaf_file); }
  SUBCASE("cut") { lab.files.put(leaf_file, "short"); }
  while (lab.segments().size() == 1) REQUIRE(log->append(decision("b")));
  CHECK(lab.files.on_disk(leaf_file) == leaves_of(lab.lines()));
  CHECK(lab.verdict().intact);
}

TEST_CASE("what the leaf file of the open segment lacks is computed by the next start without a word") {
  Lab lab;
  small_log(lab);
  const auto whole = lab.files.content(leaf_file);
  SUBCASE("all of it") { lab.files.put(leaf_file, ""); }
  SUBCASE("the file") { lab.files.take_away(leaf_file); }
  SUBCASE("its end") { lab.files.put(leaf_file, whole.substr(0, 50)); }
  SUBCASE("a hole") { lab.files.put(leaf_file, whole.substr(0, 32) + std::string(32, '\0') + whole.substr(64)); }
  const auto log = lab.log();
  CHECK(lab.files.on_disk(leaf_file) == whole);
  CHECK(lab.lines().size() == 3);
  REQUIRE(log->append(decision("c")));
  CHECK(lab.files.content(leaf_file) == leaves_of(lab.lines()));
}

TEST_CASE("leaf hashes that are not those of whole records are computed anew and that is recorded") {
  Lab lab;
  small_log(lab);
  auto changed = lab.files.content(leaf_file);
  changed[40] = static_cast<char>(changed[40] ^ 1);
  lab.files.put(leaf_file, changed);
  const auto log = lab.log();
  CHECK(lab.files.content(leaf_file) == leaves_of(lab.lines()));
  REQUIRE(lab.lines().size() == 4);
  const auto record = parse_line(lab.lines()[3]).value();
  CHECK(record.event == "recovered");
  CHECK(detail(record, "leaves") == leaves_name(0));
  CHECK(detail(record, "seq") == "1");
  CHECK(lab.verdict().intact);
}

TEST_CASE("leaf hashes behind the last record tell that records were cut and that is recorded") {
  Lab lab;
  small_log(lab);
  const auto lines = lab.lines();
  lab.files.put(segment, joined({lines[0]}));
  const auto log = lab.log();
  REQUIRE(lab.lines().size() == 2);
  const auto record = parse_line(lab.lines()[1]).value();
  CHECK(record.event == "recovered");
  CHECK(detail(record, "lost") == "2");
  CHECK(lab.files.content(leaf_file) == leaves_of(lab.lines()));
  CHECK(lab.verdict().intact);
}

TEST_CASE("a leaf file that cannot be opened keeps no log from starting") {
  Lab lab;
  small_log(lab);
  lab.files.fail(Op::open, 2, EIO);
  const auto log = lab.log();
  CHECK(log->append(decision("c")).value() == 3);
  CHECK(lab.verdict().intact);
}

TEST_CASE("the leaf hashes of a closed segment are computed anew from its records") {
  RotatingLab lab;
  {
    const auto log = lab.log();
    REQUIRE(log->append(decision("a")));
    REQUIRE(log->append(decision("b")));
  }
  const auto lines = lab.all_lines();
  const auto whole = lab.files.content(leaf_file);
  std::string expected = events(lab);
  SUBCASE("missing") { lab.files.take_away(leaf_file); }
  SUBCASE("short") { lab.files.put(leaf_file, whole.substr(0, 63)); }
  SUBCASE("too long") { lab.files.put(leaf_file, whole + whole); }
  SUBCASE("missing, with compressed records") {
    lab.compress(0);
    lab.files.take_away(leaf_file);
  }
  SUBCASE("changed in the same length") {
    auto changed = whole;
    changed[3] = static_cast<char>(changed[3] ^ 1);
    lab.files.put(leaf_file, changed);
    expected += "recovered ";
  }
  const auto log = lab.log();
  CHECK(lab.files.on_disk(leaf_file) == whole);
  if (lab.segments().size() == 3) CHECK(events(lab) == expected);
  REQUIRE(log->append(decision("c")));
  CHECK(log->progress().head.size > lines.size());
  CHECK(lab.verdict().intact);
}
