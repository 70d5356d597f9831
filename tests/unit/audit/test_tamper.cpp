#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "canaryd/base/digest.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

std::vector<std::string> small_log() {
  Lab lab;
  const auto log = lab.log();
  Record received = of_kind(Kind::received, "r");
  received.peer = "10.0.0.7";
  received.count = 12;
  REQUIRE(log->append({intent("a"), outcome("a"), decision("b"), received, intent("c")}));
  return lab.lines();
}

Verdict judged(const std::string& content) {
  Lab lab;
  lab.files.put(segment, content);
  return lab.verdict();
}

// Line (from 1) of a byte.
std::uint64_t line_of(const std::string& content, std::size_t at) {
  return 1 + static_cast<std::uint64_t>(
                 std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

}  // namespace

TEST_CASE("an untouched log is intact and its verdict says what it holds") {
  const auto lines = small_log();
  const auto verdict = judged(joined(lines));
  CHECK(verdict.intact);
  CHECK(verdict.records == 6);
  CHECK(verdict.log_id.size() == 32);
  CHECK(verdict.head == sha256_hex(lines.back()));
  CHECK(verdict.open_intents == std::vector<std::string>{"c"});
  CHECK(verdict.notes.empty());
}

TEST_CASE("every change of a single byte is found in its line") {
  const auto lines = small_log();
  const auto content = joined(lines);
  const auto head = sha256_hex(lines.back());
  int found = 0;
  int by_head = 0;
  for (std::size_t at = 0; at < content.size(); ++at) {
    for (const int flip : {0x01, 0x20, 0x80, -1}) {
      std::string changed = content;
      changed[at] = flip < 0 ? '\0' : static_cast<char>(changed[at] ^ static_cast<char>(flip));
      if (changed[at] == content[at]) continue;
      const auto verdict = judged(changed);
      const auto line = line_of(content, at);
      CAPTURE(at);
      CAPTURE(flip);
      CAPTURE(line);
      if (verdict.intact) {
        // Nothing comes after the last line: only its hash, kept elsewhere, tells. Its LF gone, it is an unfinished
        // line.
        CHECK(line == lines.size());
        CHECK(verdict.head != head);
        ++by_head;
        continue;
      }
      ++found;
      const auto said = verdict.faults.at(0).line;
      // Of the last two lines the one that was changed cannot be told when it is the link between them.
      const bool last_link = line == lines.size() - 1 && said == lines.size();
      if (said != line) {
        CHECK(last_link);
        CHECK(verdict.faults.at(0).what.find("this line or the one before was changed") != std::string::npos);
      }
    }
  }
  MESSAGE("changed bytes found by the log alone: " << found << ", by the head only: " << by_head);
  CHECK(found > 4000);
}

TEST_CASE("a changed byte that makes the form wrong is named to the byte") {
  const auto lines = small_log();
  const auto content = joined(lines);
  const auto at = content.find("\"kind\"", lines[0].size());
  std::string changed = content;
  changed[at + 1] = 'K';
  const auto verdict = judged(changed);
  REQUIRE_FALSE(verdict.intact);
  CHECK(verdict.faults[0].line == 2);
  CHECK(verdict.faults[0].byte == at);
  CHECK(verdict.faults[0].file == "segment-00000000000000000000.jsonl");
  CHECK(verdict.faults.size() == 1);
}

TEST_CASE("every deleted line but the last is found where it is missing") {
  const auto lines = small_log();
  for (std::size_t gone = 0; gone + 1 < lines.size(); ++gone) {
    auto left = lines;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(gone));
    const auto verdict = judged(joined(left));
    CAPTURE(gone);
    REQUIRE_FALSE(verdict.intact);
    CHECK(verdict.faults[0].line == gone + 1);
    CHECK(verdict.faults.size() <= 2);
  }
}

TEST_CASE("every line that is doubled or put in is found where it stands") {
  const auto lines = small_log();
  for (std::size_t from = 0; from < lines.size(); ++from) {
    for (std::size_t to = 0; to <= lines.size(); ++to) {
      auto more = lines;
      more.insert(more.begin() + static_cast<std::ptrdiff_t>(to), lines[from]);
      if (to == from || to == from + 1) more[to] = lines[from];
      const auto verdict = judged(joined(more));
      CAPTURE(from);
      CAPTURE(to);
      REQUIRE_FALSE(verdict.intact);
      // A line put before its own twin cannot be told from one put behind it.
      CHECK(verdict.faults[0].line == (to == from ? to + 2 : to + 1));
    }
  }
}

TEST_CASE("every two lines that changed places are found at the first of them") {
  const auto lines = small_log();
  for (std::size_t a = 0; a < lines.size(); ++a) {
    for (std::size_t b = a + 1; b < lines.size(); ++b) {
      auto swapped = lines;
      std::swap(swapped[a], swapped[b]);
      const auto verdict = judged(joined(swapped));
      CAPTURE(a);
      CAPTURE(b);
      REQUIRE_FALSE(verdict.intact);
      CHECK(verdict.faults[0].line == a + 1);
    }
  }
}

TEST_CASE("a log cut anywhere is a shorter log with an unfinished line and never another one") {
  const auto lines = small_log();
  const auto content = joined(lines);
  for (std::size_t size = 1; size < content.size(); ++size) {
    const auto verdict = judged(content.substr(0, size));
    CAPTURE(size);
    CHECK(verdict.intact == (size > lines[0].size()));  // without a first record it is no log
    CHECK(verdict.records == line_of(content, size) - 1);
    CHECK(verdict.head != sha256_hex(lines.back()));
    CHECK(verdict.notes.size() == (content[size - 1] == '\n' ? 0 : 1));
  }
}

TEST_CASE("a line that was rewritten with its own hash in the next one breaks the one after") {
  auto lines = small_log();
  const auto old = sha256_hex(lines[2]);
  lines[2].replace(lines[2].find("A sentence"), 1, "B");
  lines[3].replace(lines[3].find(old), 64, sha256_hex(lines[2]));
  const auto verdict = judged(joined(lines));
  REQUIRE_FALSE(verdict.intact);
  CHECK(verdict.faults[0].line == 4);
}

TEST_CASE("bytes put in at every place are found") {
  const auto lines = small_log();
  const auto content = joined(lines);
  for (std::size_t at = 0; at < content.size() - lines.back().size(); at += 3) {
    for (const std::string bytes : {"\n", " ", "x", "\r\n", "\xff"}) {
      const auto verdict = judged(content.substr(0, at) + bytes + content.substr(at));
      CAPTURE(at);
      REQUIRE_FALSE(verdict.intact);
      const auto line = line_of(content, at);
      const auto said = verdict.faults[0].line;
      const bool at_link = said == line || said == line + 1;
      CHECK(at_link);
    }
  }
}

TEST_CASE("a line longer than any record is a fault and is not read to its end") {
  const auto verdict = judged(joined(small_log()) + std::string(40 << 20, 'x'));
  REQUIRE_FALSE(verdict.intact);
  CHECK(verdict.faults[0].line == 7);
  CHECK(verdict.faults[0].what == "expected a line of at most 16777216 bytes");
}

TEST_CASE("a folder without a log is not found") {
  Lab lab;
  const auto verdict = verify(folder, lab.files);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().kind == ErrorKind::not_found);
  CHECK(verify("/nonexistent/audit").error().kind == ErrorKind::not_found);
}

TEST_CASE("a segment without a first record is a fault and not an intact log of none") {
  for (const std::string content : {"", "{\"seq\":0", "garbage without an end"}) {
    CAPTURE(content);
    const auto verdict = judged(content);
    CHECK_FALSE(verdict.intact);
    REQUIRE(verdict.faults.size() == 1);
    CHECK(verdict.faults[0].file == "segment-00000000000000000000.jsonl");
    CHECK(verdict.faults[0].line == 1);
    CHECK(verdict.faults[0].byte == 0);
    CHECK(verdict.faults[0].what == "expected a first record");
  }
}
