#include <doctest/doctest.h>

#include <cstdlib>

#include "canaryd/audit/query_filter.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/time_text.hpp"
#include "query_log.hpp"

namespace canaryd::audit::test {

namespace {

const std::string now = "2026-11-21T14:30:00.500000Z";
const std::string then = "2026-11-20T10:00:00.000000Z";

std::string time_of(const std::string& text) {
  const auto time = read_time(text, at(now));
  return time ? to_rfc3339(*time) : time.error().message;
}

std::string error_of(const std::vector<std::pair<std::string, std::string>>& conditions) {
  const auto filter = read_filter(conditions, at(now));
  REQUIRE_FALSE(filter);
  CHECK(filter.error().kind == ErrorKind::invalid);
  return filter.error().message;
}

bool finds(const std::string& key, const std::string& value, const Record& record) {
  return matches(filter_of({{key, value}}), then, record);
}

Record sample() {
  Record record = full(Kind::outcome, "7ac7265505b56f12486043c4934ca5ec");
  record.alerts[0].labels = {{"alertname", "CanaryHighErrorRate"}, {"revision", "iris-3"}, {"team", "fruit"}};
  record.details = {{"revision", "iris-4"}, {"manager", "kubectl"}};
  return record;
}

}  // namespace

TEST_CASE("a time is read as people say it and days are those of UTC") {
  CHECK(time_of("2026-11-20T10:00:00Z") == "2026-11-20T10:00:00.000000Z");
  CHECK(time_of("2026-11-20T10:00:00.25+01:00") == "2026-11-20T09:00:00.250000Z");
  CHECK(time_of("2026-11-20") == "2026-11-20T00:00:00.000000Z");
  CHECK(time_of("now") == now);
  CHECK(time_of("today") == "2026-11-21T00:00:00.000000Z");
  CHECK(time_of("yesterday") == "2026-11-20T00:00:00.000000Z");
  CHECK(time_of("-1h") == "2026-11-21T13:30:00.500000Z");
  CHECK(time_of("-1h30m") == "2026-11-21T13:00:00.500000Z");
  CHECK(time_of("-2d") == "2026-11-19T14:30:00.500000Z");
}

TEST_CASE("what is no time is told with what was expected") {
  for (const std::string text : {"", "-", "1h", "+1h", "-1", "-1x", "--1h", "tomorrow", "2026-11-31", "2026/11/20",
                                 "2026-11-20T10:00", "20:00", "2026-1-2"}) {
    CAPTURE(text);
    CHECK(time_of(text).find("expected RFC 3339, a date (2026-11-20), now, today, yesterday") == 0);
  }
  CHECK(time_of("\x1b[2J").find("got \"\\x1b[2J\"") != std::string::npos);
}

TEST_CASE("every key finds the record by its own members and by no other value") {
  const Record record = sample();
  const std::vector<std::pair<std::string, std::vector<std::string>>> good{
      {"namespace", {"ml"}},       {"name", {"iris"}},
      {"target", {"ml/iris"}},     {"revision", {"iris-1", "iris-2", "iris-3", "iris-4"}},
      {"action", {"rollback"}},    {"verdict", {"act"}},
      {"reason", {"rolled_back"}}, {"alert", {"CanaryHighErrorRate", "f1"}},
      {"actor", {"token:am"}},     {"id", {"7ac7265505b56f12486043c4934ca5ec"}},
      {"kind", {"outcome"}},       {"event", {"start"}},
  };
  REQUIRE(good.size() == filter_keys().size());
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto& [key, values] = good[i];
    CHECK(key == filter_keys()[i].name);
    for (const auto& value : values) {
      CAPTURE(key + "=" + value);
      CHECK(finds(key, value, record));
      CHECK_FALSE(finds(key, value, Record()));
    }
    const bool closed = key == "kind" || key == "verdict";
    const std::string other = key == "kind" ? "intent" : key == "verdict" ? "hold" : "ml/other";
    CHECK_FALSE(finds(key, other, record));
    if (!closed) CHECK(finds(key, values[0].substr(0, 3) + "*", record));
  }
}

TEST_CASE("a label of another name is no revision and an absent member matches no pattern") {
  CHECK_FALSE(finds("revision", "fruit", sample()));
  CHECK_FALSE(finds("revision", "kubectl", sample()));
  for (const auto& each : filter_keys()) {
    const std::string key = each.name;
    if (key != "kind" && key != "verdict") CHECK_FALSE(finds(key, "*", Record()));
  }
}

TEST_CASE("values of one key are alternatives and keys are joined") {
  const Record record = sample();
  CHECK(matches(filter_of({{"name", "wine,iris"}}), then, record));
  CHECK(matches(filter_of({{"name", "wine"}, {"name", "iris"}}), then, record));
  CHECK(matches(filter_of({{"name", "iris"}, {"verdict", "hold,act"}}), then, record));
  CHECK_FALSE(matches(filter_of({{"name", "iris"}, {"verdict", "hold,noop"}}), then, record));
  CHECK(matches(filter_of({}), then, record));
}

TEST_CASE("since is included and until is not") {
  const Record record;
  CHECK(matches(filter_of({{"since", then}}), then, record));
  CHECK_FALSE(matches(filter_of({{"until", then}}), then, record));
  CHECK(matches(filter_of({{"since", "2026-11-20"}, {"until", "2026-11-21"}}), then, record));
  CHECK_FALSE(matches(filter_of({{"since", "2026-11-21"}}), then, record));
}

TEST_CASE("a star is any text and everything else is itself") {
  const auto fits = [](const char* pattern, const char* value) { return Pattern(pattern).matches(value); };
  CHECK(fits("*", ""));
  CHECK(fits("*", "iris"));
  CHECK(fits("iris*", "iris"));
  CHECK(fits("*-00002", "iris-predictor-00002"));
  CHECK(fits("iris-*-00002", "iris-predictor-00002"));
  CHECK(fits("*a*b*", "xaxxbx"));
  CHECK(fits("a**b", "ab"));
  CHECK(fits("*aab", "aaaab"));
  CHECK_FALSE(fits("iris", "iris2"));
  CHECK_FALSE(fits("iris", "iri"));
  CHECK_FALSE(fits("*a*b*", "xbxa"));
  CHECK_FALSE(fits("i?is", "iris"));
  CHECK_FALSE(fits("[a-z]*", "iris"));
  CHECK_FALSE(fits("", "iris"));
  // One that goes back to every star would not end here.
  const std::string stars = "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
  CHECK_FALSE(Pattern(stars).matches(std::string(20'000, 'a')));
}

TEST_CASE("a misspelt word of a closed list is refused with the list") {
  CHECK(error_of({{"kind", "outcom"}}) ==
        "kind: expected one of intent, outcome, decision, confirmed, unconfirmed, received, lifecycle, got \"outcom\"");
  CHECK(error_of({{"verdict", "act,held"}}) == "verdict: expected one of act, noop, hold, refuse, retry, got \"held\"");
  CHECK(error_of({{"target", "iris"}}) == "target: expected NAMESPACE/NAME, got \"iris\"");
}

TEST_CASE("conditions that are none are refused by their key") {
  CHECK(error_of({{"reson", "dwell"}}).find("unknown key \"reson\", expected one of since, until, namespace, ") == 0);
  for (const std::string value : {"", "a,", ",a", "a,,b"}) {
    CHECK(error_of({{"name", value}}).find("name: expected 1 to 1024 bytes of UTF-8") == 0);
  }
  CHECK(error_of({{"actor", "a\nb"}}).find("got \"a\\nb\"") != std::string::npos);
  CHECK(error_of({{"actor", "\xff"}}).find("got \"\\xff\"") != std::string::npos);
  CHECK(error_of({{"actor", std::string(1025, 'x')}}).size() < 200);
  CHECK(error_of({{"since", "-1h"}, {"since", "-2h"}}) == "since: expected once");
  CHECK(error_of({{"since", "soon"}}).find("since: expected RFC 3339") == 0);
  CHECK(error_of({{"since", "now"}, {"until", "-1h"}}) == "since: expected a time before that of until");
  CHECK(error_of({{"since", "today"}, {"until", "today"}}) == "since: expected a time before that of until");
  std::string many = "x";
  for (int i = 0; i < 100; ++i) many += ",x";
  CHECK(error_of({{"id", many}}) == "id: expected at most 100 values");
}

TEST_CASE("a client that is bound to namespaces is shown the records of their targets alone") {
  Filter filter;
  filter.namespaces = {"ml", "web"};
  Record record = sample();
  CHECK(matches(filter, then, record));
  record.target->ns = "mlx";
  CHECK_FALSE(matches(filter, then, record));
  record.target.reset();
  CHECK_FALSE(matches(filter, then, record));
  CHECK_FALSE(matches(filter, then, of_kind(Kind::lifecycle, "a")));
}

TEST_CASE("the documentation has a row for every key in its order") {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE(source != nullptr);
  const auto text = read_file(std::string(source) + "/docs/audit-query.md");
  REQUIRE(text);
  std::size_t before = 0;
  for (const auto& key : filter_keys()) {
    CAPTURE(key.name);
    const auto row = text->find("\n| `" + std::string(key.name) + "` | ");
    REQUIRE(row != std::string::npos);
    CHECK(row > before);
    before = row;
  }
}

}  // namespace canaryd::audit::test
