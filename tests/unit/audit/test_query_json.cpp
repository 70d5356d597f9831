#include <doctest/doctest.h>

#include <random>

#include "../../../src/audit/parse.hpp"
#include "../../../src/audit/query_json.hpp"
#include "query_log.hpp"

namespace canaryd::audit::test {

TEST_CASE("every line of a log is plain JSON unless it holds more than ASCII") {
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T00:00:00Z");
  for (const Kind kind : all_kinds) log.add("2026-11-20T00:00:00Z", full(kind, "tab\t \"quoted\" \\ \x01"));
  log.begin("2026-11-21T00:00:00Z");
  for (const auto& line : log.lines()) CHECK(is_plain_json(line));
  log.add("2026-11-21T00:00:00Z", decision("\xc3\xa9"));
  CHECK_FALSE(is_plain_json(log.lines().back()));
  CHECK_FALSE(not_json(log.lines().back()));
}

TEST_CASE("what is plain and what is left to a parser") {
  for (const char* text : {"{}", "[]", "0", "-1", "123456789012345678", "true", "[null,false,{\"a\":[]}]",
                           R"("\"\\\/\b\f\n\r\t\u00e9")", "\"\x7f\""}) {
    CAPTURE(text);
    CHECK(is_plain_json(text));
  }
  for (const char* text : {"",
                           "{",
                           "}",
                           "{]",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "01",
                           "-",
                           "1.5",
                           "1e5",
                           "1234567890123456789",
                           " 1",
                           "1 ",
                           "[1, 2]",
                           "tru",
                           "nul",
                           "\"",
                           "\"\\\"",
                           R"("\x41")",
                           R"("\u12g4")",
                           R"("\u12")",
                           R"("\ud83d\udc24")",
                           R"("\ud800")",
                           "\"\t\"",
                           "\"\xc3\xa9\"",
                           "{}{}",
                           "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]"}) {
    CAPTURE(text);
    CHECK_FALSE(is_plain_json(text));
  }
}

TEST_CASE("nothing is plain that a parser refuses, whichever bytes of a line are changed") {
  MemoryFiles files;
  QueryLog log(files);
  log.begin("2026-11-20T00:00:00Z");
  log.add("2026-11-20T00:00:00Z", full(Kind::outcome, "a \"b\" \\c"));
  const std::string line = log.lines().back();
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const std::string bytes = "{}[]\",:\\u0123456789-+.eEtrufalsn dD\x01\x7f\xc3\xa9";
  const auto below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };
  int plain = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = line;
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      const std::size_t at = below(changed.size());
      switch (below(3)) {
        case 0:
          changed[at] = bytes[below(bytes.size())];
          break;
        case 1:
          changed.insert(at, 1, bytes[below(bytes.size())]);
          break;
        default:
          changed.erase(at, 1 + below(3));
      }
    }
    if (!is_plain_json(changed)) continue;
    ++plain;
    CAPTURE(changed);
    REQUIRE_FALSE(not_json(changed));
  }
  CHECK(plain > 1000);
}

}  // namespace canaryd::audit::test
