#include <doctest/doctest.h>

#include <algorithm>

#include "audit/query/query_screen.hpp"
#include "query_log.hpp"

namespace canaryd::audit::test {

namespace {

// Three days of a segment each, four records a day.
struct Days {
  MemoryFiles files;
  QueryLog log{files};

  Days() {
    for (const char* day : {"2026-11-18", "2026-11-19", "2026-11-20"}) {
      const auto time = [&](const char* hour) { return std::string(day) + "T" + hour + ":00:00Z"; };
      log.begin(time("00"));
      log.add(time("06"), about("a", "ml", "iris"));
      log.add(time("12"), about("b", "web", "shop"));
      log.add(time("18"), about("c", "ml", "wine"));
    }
  }
  Answer asked(const std::vector<std::pair<std::string, std::string>>& conditions, bool newest_first = false) {
    return ask(files, Query{filter_of(conditions), newest_first, true, std::nullopt});
  }
};

std::vector<std::string> reversed(std::vector<std::string> lines) {
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("without a filter every line comes as it stands in the log in either order") {
  Days days;
  for (const bool compressed : {false, true}) {
    if (compressed) days.log.compress(0);
    if (compressed) days.log.compress(1);
    for (const bool parsed : {false, true}) {
      CHECK(ask(days.files, Query{{}, false, parsed, std::nullopt}).lines == days.log.lines());
      CHECK(ask(days.files, Query{{}, true, parsed, std::nullopt}).lines == reversed(days.log.lines()));
    }
  }
}

TEST_CASE("only what was asked for comes") {
  Days days;
  days.log.compress(0);
  const auto lines = days.log.lines();
  CHECK(days.asked({{"target", "ml/iris"}}).lines == std::vector{lines[1], lines[5], lines[9]});
  CHECK(days.asked({{"namespace", "ml"}, {"id", "c"}}, true).lines == std::vector{lines[11], lines[7], lines[3]});
  CHECK(days.asked({{"event", "rotated"}}).lines == std::vector{lines[4], lines[8]});
  CHECK(days.asked({{"since", "2026-11-19T12:00:00Z"}, {"until", "2026-11-20T06:00:00Z"}}).lines ==
        std::vector{lines[6], lines[7], lines[8]});
  const auto none = days.asked({{"name", "nobody"}});
  CHECK(none.lines.empty());
  CHECK(none.end.problems.empty());
  CHECK_FALSE(none.end.next);
}

TEST_CASE("a segment out of time is not opened") {
  Days days;
  days.log.compress(0);
  // Were it read, it would be complained of.
  days.files.put(days.log.path(0), "no zstd");
  const auto answer = days.asked({{"since", "2026-11-20"}});
  CHECK(answer.lines.size() == 4);
  CHECK(answer.end.skipped == 2);
  CHECK(answer.end.records == 4);
  CHECK(answer.end.problems.empty());
  CHECK(days.asked({{"since", "2026-11-19"}, {"until", "2026-11-19T01:00:00Z"}}, true).end.skipped == 1);
  CHECK(days.asked({}).end.problems.size() == 1);
}

TEST_CASE("a segment is skipped by the times of all its records, so a clock that went back loses nothing") {
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T12:00:00Z");
  log.add("2026-11-20T15:00:00Z", about("late", "ml", "iris"));
  log.add("2026-11-01T15:00:00Z", about("early", "ml", "iris"));
  log.add("2026-11-20T13:00:00Z", about("middle", "ml", "iris"));
  log.begin("2026-11-20T13:30:00Z");
  log.add("2026-11-02T15:00:00Z", about("early again", "ml", "iris"));
  log.begin("2026-11-21T00:00:00Z");
  log.add("2026-11-01T16:00:00Z", about("still early", "ml", "iris"));
  const auto lines = log.lines();
  const Query early{filter_of({{"until", "2026-11-03"}}), false, true, std::nullopt};
  CHECK(ask(files, early).lines == std::vector{lines[2], lines[5], lines[7]});
  const Query late{filter_of({{"since", "2026-11-20T14:00:00Z"}}), true, true, std::nullopt};
  CHECK(ask(files, late).lines == std::vector{lines[6], lines[1]});
}

TEST_CASE("a first record that does not tell of the segment before skips nothing") {
  Days days;
  const std::string behind = days.log.path(1);
  const std::string text = days.log.text(1);
  const auto broken = [&](const std::string& what, const std::string& by) {
    std::string changed = text;
    changed.replace(changed.find(what), what.size(), by);
    days.files.put(behind, changed);
    return days.asked({{"since", "2026-11-20"}}).end.skipped;
  };
  CHECK(broken("rotated", "rotated") == 2);
  CHECK(broken("rotated", "turned") == 1);
  CHECK(broken("segment-00000000000000000000.jsonl", "segment-00000000000000000001.jsonl") == 1);
  CHECK(broken("\"to\":\"2026-11-18T18", "\"to\":\"2026-11-38T18") == 1);
  CHECK(broken("\"from\":\"2026-11-18T00:00:00.000000Z\"", "\"from\":\"2026-11-18T01:00:00+01:00\"") == 1);
  CHECK(broken("{\"seq\"", "[\"seq\"") == 1);
}

TEST_CASE("stopped at any record a query goes on behind it in either order") {
  Days days;
  days.log.compress(1);
  for (const bool newest_first : {false, true}) {
    const auto whole = newest_first ? reversed(days.log.lines()) : days.log.lines();
    for (std::size_t most = 1; most <= whole.size(); ++most) {
      std::vector<std::string> all;
      Query query{{}, newest_first, true, std::nullopt};
      for (int pages = 0; pages < 20; ++pages) {
        auto answer = ask(days.files, query, most);
        all.insert(all.end(), answer.lines.begin(), answer.lines.end());
        query.from = answer.end.next;
        if (!query.from) break;
      }
      CHECK(all == whole);
    }
  }
}

TEST_CASE("a query that may never run for long comes to its end all the same") {
  Days days;
  days.log.compress(0);
  for (const bool newest_first : {false, true}) {
    for (const char* name : {"iris", "nobody"}) {
      std::vector<std::string> all;
      Query query{filter_of({{"name", name}}), newest_first, true, std::nullopt};
      int pages = 0;
      for (; pages < 100; ++pages) {
        auto answer = ask(days.files, query, 1000, [] { return true; });
        all.insert(all.end(), answer.lines.begin(), answer.lines.end());
        query.from = answer.end.next;
        if (!query.from) break;
      }
      CHECK(pages < 100);
      CHECK(pages > 0);
      const auto whole = days.asked({{"name", name}}, newest_first).lines;
      CHECK(all == whole);
    }
  }
}

TEST_CASE("what a query has not read of a long segment is left for the next") {
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T00:00:00Z");
  for (int i = 0; i < 300; ++i) log.add("2026-11-20T01:00:00Z", about("d" + std::to_string(i), "ml", "iris"));
  for (const bool newest_first : {false, true}) {
    const auto answer = ask(files, Query{{}, newest_first, false, std::nullopt}, 1000, [] { return true; });
    CHECK(answer.end.records == 64);
    CHECK(answer.end.next == std::optional<std::uint64_t>(newest_first ? 236 : 64));
  }
}

TEST_CASE("every text that a record can hold is found by a filter for it") {
  const std::vector<std::string> texts{"plain",
                                       "with \"quotes\" and \\backslashes\\",
                                       "tab\tand\nline",
                                       "\xc3\xa9t\xc3\xa9",
                                       "right\xe2\x80\xaeleft",
                                       "nul\0inside" + std::string(1, '\0'),
                                       "not utf-8 \xff\xfe",
                                       "a*b",
                                       "\x7f",
                                       "\xf0\x9f\x90\xa4 canary"};
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T00:00:00Z");
  for (const auto& text : texts) {
    Record record = about(text, text, text);
    record.actor = record.reason = record.action = record.event = text;
    record.alerts[0].name = text;
    record.changes[0].canary = text;
    log.add("2026-11-20T01:00:00Z", record);
  }
  int asked = 0;
  ask(files, Query{{}, false, true, std::nullopt});
  const auto visit = [&](const Match& match) {
    const std::string& stored = match.record->id;  // what is not UTF-8 is stored as text
    for (const std::string key :
         {"namespace", "name", "action", "reason", "alert", "actor", "id", "event", "revision"}) {
      for (const std::string& value : {stored, "*" + stored, stored.substr(0, 3) + "*"}) {
        const auto filter = read_filter({{key, value}}, at("2026-11-21T00:00:00Z"));
        if (!filter) continue;  // control characters cannot be asked for
        ++asked;
        CAPTURE(key + "=" + value);
        CHECK(matches(*filter, match.time, *match.record));
        CHECK(Screen(*filter).may_match(match.line));
      }
    }
    return true;
  };
  REQUIRE(run_query(folder, files, Query{filter_of({{"kind", "decision"}}), false, true, std::nullopt}, visit));
  CHECK(asked > 150);
}

TEST_CASE("the screen lets the target and the namespaces of a client through") {
  Days days;
  Query query{filter_of({{"target", "*/shop,ml/w*"}}), false, false, std::nullopt};
  CHECK(ask(days.files, query).lines.size() == 6);
  query.filter.namespaces = {"web"};
  CHECK(ask(days.files, query).lines.size() == 3);
  query.filter.patterns.clear();
  CHECK(ask(days.files, query).lines.size() == 3);
}

}  // namespace canaryd::audit::test
