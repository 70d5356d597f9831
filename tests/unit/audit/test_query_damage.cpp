#include <doctest/doctest.h>

#include <algorithm>

#include "../../../src/audit/line.hpp"
#include "../../../src/audit/lines.hpp"
#include "heap_peak.hpp"
#include "query_log.hpp"

namespace canaryd::audit::test {

namespace {

// Two segments: 0 with the seqs 0 to 3, 1 with 4 to 7.
struct Damaged {
  MemoryFiles files;
  QueryLog log{files};

  Damaged() {
    for (const char* time : {"2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"}) {
      log.begin(time);
      for (const char* id : {"a", "b", "c"}) log.add(time, about(id, "ml", "iris"));
    }
  }
  Answer asked(bool newest_first = false, bool parsed = true) {
    return ask(files, Query{{}, newest_first, parsed, std::nullopt});
  }
  void replace(const std::string& what, const std::string& by) {
    std::string text = log.text(0);
    text.replace(text.find(what), what.size(), by);
    files.put(log.path(0), text);
  }
};

Record large(const std::string& id, std::size_t bytes) {
  Record record = about(id, "ml", "iris");
  record.message = std::string(bytes, 'x');
  return record;
}

}  // namespace

TEST_CASE("a last line without its end is left out") {
  Damaged log;
  const auto whole = log.log.lines();
  log.log.add_raw(R"({"seq":8,"time":"2026-11)");
  for (const bool newest_first : {false, true}) {
    const auto answer = log.asked(newest_first);
    CHECK(answer.lines.size() == whole.size());
    CHECK(answer.end.problems.empty());
  }
}

TEST_CASE("what is no record is told with its place and the rest comes") {
  const std::vector<std::pair<std::string, std::string>> changes{
      {"{\"seq\":1,", "{\"sec\":1,"},
      {"{\"seq\":1,", "{\"seq\":99999999999999999999,"},
      {"{\"seq\":1,", "{\"seq\":4,"},  // of the next segment
      {"{\"seq\":1,\"time\":\"2026", "{\"seq\":1,\"time\":\"20xx"},
      {"\"id\":\"a\"", "\"id\":\"a"},
      {"\"id\":\"a\"", "\"id\":\"\x01\""},
      {"\"id\":\"a\"", "\"id\":\"\xff\""},
      {"\"verdict\":\"act\"", "\"verdict\":17"},
      {"\"guards\":[", "\"guards\":7,\"guard\":["},
  };
  for (const auto& [what, by] : changes) {
    CAPTURE(by);
    Damaged log;
    log.replace(what, by);
    for (const bool newest_first : {false, true}) {
      const auto answer = log.asked(newest_first);
      CHECK(answer.lines.size() == 7);
      REQUIRE(answer.end.problems.size() == 1);
      CHECK(answer.end.problems[0].find("segment-00000000000000000000.jsonl: byte ") == 0);
      CHECK_FALSE(answer.end.next);
    }
  }
}

TEST_CASE("a line that is handed on as it stands is one JSON object") {
  Damaged log;
  log.replace("\"id\":\"a\"", "\"id\":\"a\",,");
  const auto answer = log.asked(false, false);
  CHECK(answer.lines.size() == 7);
  CHECK(answer.end.problems.size() == 1);
}

TEST_CASE("a segment that cannot be unpacked is told and the others come") {
  Damaged log;
  log.log.compress(0);
  const std::string packed = log.files.content(log.log.path(0));
  for (const auto& bytes : {packed.substr(0, packed.size() / 2), std::string(), "junk" + packed, packed + "junk"}) {
    log.files.put(log.log.path(0), bytes);
    for (const bool newest_first : {false, true}) {
      const auto answer = log.asked(newest_first);
      CHECK(answer.lines.size() >= 4);
      CHECK(answer.end.problems.size() == 1);
    }
  }
}

TEST_CASE("a line that is longer than a line may be ends its segment only") {
  Damaged log;
  log.files.put(log.log.path(0), log.log.text(0) + std::string(line_limit + 1'000'000, 'x') + "\n");
  CHECK(log.asked(false).lines.size() == 8);
  const auto backwards = log.asked(true);
  CHECK(backwards.lines.size() == 4);
  REQUIRE(backwards.end.problems.size() == 1);
  CHECK(backwards.end.problems[0].find("expected lines of at most 16777216 bytes") != std::string::npos);
}

TEST_CASE("the longest line that is allowed is read in either order") {
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T00:00:00Z");
  log.add("2026-11-20T00:00:00Z", about("a", "ml", "iris"));
  const std::string frame = R"({"seq":2,"time":"2026-11-20T00:00:00.000000Z","prev":")" + std::string(64, '0') +
                            R"(","kind":"decision","id":""})";
  std::string line = frame;
  line.insert(line.size() - 2, line_limit - 1 - line.size(), 'x');
  log.add_raw(line + "\n");
  for (const bool newest_first : {false, true}) {
    const auto answer = ask(files, Query{{}, newest_first, false, std::nullopt});
    CHECK(answer.lines.size() == 3);
    CHECK(answer.end.problems.empty());
  }
}

TEST_CASE("a segment is given up behind ten thousand lines that are no records and the others are read") {
  for (const bool newest_first : {false, true}) {
    Damaged log;
    log.files.put(log.log.path(0), std::string(most_misfits + 1, '\n') + log.log.text(0));
    log.files.put(log.log.path(1), log.log.text(1) + std::string(most_misfits - 1, '\n'));
    const auto answer = log.asked(newest_first);
    CHECK(answer.lines.size() == (newest_first ? 8 : 4));
    REQUIRE(answer.end.problems.size() == 20);
    CHECK(answer.end.problems.back().find("the rest is not read") != std::string::npos);
  }
}

TEST_CASE("a record of more values than any has is not built") {
  for (const std::string many : {R"("details":{)", R"("x":[)"}) {
    Damaged log;
    std::string values = many;
    for (int i = 0; i < 50'000; ++i) values += many.ends_with('{') ? "\"a\":\"\"," : "[],";
    values += many.ends_with('{') ? "\"a\":\"\"}" : "[]]";
    log.replace("\"id\":\"a\"", values + ",\"id\":\"a\"");
    const auto answer = log.asked();
    CHECK(answer.lines.size() == 7);
    REQUIRE(answer.end.problems.size() == 1);
  }
}

TEST_CASE("a line with characters that a terminal obeys is told and not given") {
  for (const char* text : {"\x7f", "\xc2\x9b", "\xe2\x80\xae"}) {
    Damaged log;
    log.replace("\"id\":\"a\"", std::string("\"id\":\"") + text + "\"");
    const auto answer = log.asked(false, false);
    CHECK(answer.lines.size() == 7);
    CHECK(answer.end.problems.size() == 1);
  }
}

TEST_CASE("at most twenty problems are told") {
  Damaged log;
  std::string junk;
  for (int i = 0; i < 100; ++i) junk += "junk\n";
  log.files.put(log.log.path(0), junk);
  CHECK(log.asked().end.problems.size() == 20);
}

TEST_CASE("records that retention took are told unless they are out of time") {
  Damaged log;
  log.log.begin("2026-11-21T00:00:00Z");
  log.log.remove_records(0);
  CHECK(log.asked().end.removed == "the records 0 to 3 are no longer in the log");
  CHECK(log.asked(true).end.removed == "the records 0 to 3 are no longer in the log");
  log.log.remove_records(1);
  CHECK(log.asked().end.removed == "the records 0 to 7 are no longer in the log");
  CHECK(log.asked().lines.size() == 1);
  const auto since = [&](const char* time) {
    return ask(log.files, Query{filter_of({{"since", time}}), false, true, std::nullopt}).end.removed;
  };
  CHECK(since("2026-11-20") == "the records 0 to 7 are no longer in the log");
  CHECK(since("2026-11-21").empty());
}

TEST_CASE("a segment that is compressed while the log is read is found in its new form") {
  for (const bool newest_first : {false, true}) {
    Damaged log;
    log.log.begin("2026-11-21T00:00:00Z");
    const auto whole = log.log.lines();
    std::vector<std::string> lines;
    const auto visit = [&](const Match& match) {
      if (lines.empty()) log.log.compress(newest_first ? 0 : 1);
      lines.emplace_back(match.line);
      return true;
    };
    const auto end = run_query(folder, log.files, Query{{}, newest_first, true, std::nullopt}, visit);
    REQUIRE(end);
    CHECK(end->problems.empty());
    if (newest_first) std::reverse(lines.begin(), lines.end());
    CHECK(lines == whole);
  }
}

TEST_CASE("a segment that is removed while the log is read is no problem") {
  Damaged log;
  log.log.begin("2026-11-21T00:00:00Z");
  std::size_t seen = 0;
  const auto visit = [&](const Match&) {
    if (seen++ == 0) log.log.remove_records(1);
    return true;
  };
  const auto end = run_query(folder, log.files, Query{{}, false, true, std::nullopt}, visit);
  REQUIRE(end);
  CHECK(end->problems.empty());
  CHECK(seen == 5);
  CHECK(end->removed == "the records 4 to 7 are no longer in the log");
}

TEST_CASE("a folder without a log is an error") {
  MemoryFiles files;
  const auto none = [](const Match&) { return true; };
  CHECK(run_query("/nowhere", files, {}, none).error().kind == ErrorKind::not_found);
  REQUIRE(files.make_directory(folder));
  CHECK(run_query(folder, files, {}, none).error().kind == ErrorKind::not_found);
}

TEST_CASE("a segment of many blocks is read backwards whole in bounded memory") {
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T00:00:00Z");
  for (int i = 0; i < 24; ++i) {
    log.add("2026-11-20T00:00:00Z", large("l" + std::to_string(i), 1'000'000));
    log.add("2026-11-20T00:00:00Z", large("s" + std::to_string(i), 10));
  }
  log.begin("2026-11-21T00:00:00Z");
  auto whole = log.lines();
  std::reverse(whole.begin(), whole.end());
  for (const bool compressed : {false, true}) {
    if (compressed) log.compress(0);
    std::size_t i = 0;
    bool same = true;
    const auto visit = [&](const Match& match) {
      same = same && i < whole.size() && whole[i] == match.line;
      ++i;
      return true;
    };
    const auto before = heap_in_use();
    take_heap_peak();
    REQUIRE(run_query(folder, files, Query{{}, true, false, std::nullopt}, visit));
    CHECK(take_heap_peak() - before < 24'000'000);
    CHECK(i == whole.size());
    CHECK(same);
  }
}

}  // namespace canaryd::audit::test
