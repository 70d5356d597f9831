#include "canaryd/alert/matcher.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace canaryd;
using namespace canaryd::alert;

namespace {

bool matches(const std::string& matcher, const Labels& labels) {
  const Result<Matcher> parsed = Matcher::parse(matcher);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  CHECK(parsed->text() == matcher);
  return parsed->matches(labels);
}

bool matches_value(const std::string& matcher, const std::string& value) { return matches(matcher, {{"a", value}}); }

std::string problem_of(const std::string& matcher) {
  const Result<Matcher> parsed = Matcher::parse(matcher);
  if (parsed) return "none";
  CHECK(parsed.error().kind == ErrorKind::invalid);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("the four operators compare as in Alertmanager") {
  CHECK(matches_value(R"(a="x")", "x"));
  CHECK_FALSE(matches_value(R"(a="x")", "xy"));
  CHECK_FALSE(matches_value(R"(a!="x")", "x"));
  CHECK(matches_value(R"(a!="x")", "y"));
  CHECK(matches_value(R"(a=~"x.*")", "xyz"));
  CHECK_FALSE(matches_value(R"(a=~"x.*")", "yx"));
  CHECK_FALSE(matches_value(R"(a!~"x.*")", "xyz"));
  CHECK(matches_value(R"(a!~"x.*")", "yx"));
}

TEST_CASE("an absent label matches as the empty string") {
  CHECK(matches(R"(a="")", {}));
  CHECK(matches(R"(a!="x")", {}));
  CHECK_FALSE(matches(R"(a="x")", {{"b", "x"}}));
  CHECK(matches(R"(a=~".*")", {}));
  CHECK_FALSE(matches(R"(a=~".+")", {}));
  CHECK(matches(R"(a!~".+")", {}));
}

TEST_CASE("a regular expression is anchored at both ends whatever is in it") {
  CHECK_FALSE(matches_value(R"(a=~"b")", "abc"));
  CHECK_FALSE(matches_value(R"(a=~"b|c")", "bc"));
  CHECK_FALSE(matches_value(R"(a=~"b|c")", "xc"));
  CHECK(matches_value(R"(a=~"b|c")", "c"));
  CHECK_FALSE(matches_value(R"(a=~"(?m)b")", "b\nb"));
  CHECK_FALSE(matches_value(R"(a=~"b")", "b\n"));
  CHECK_FALSE(matches_value(R"(a=~"b.c")", "b\nc"));
  CHECK(matches_value(R"(a=~"é.")", "éü"));
}

TEST_CASE("a group that closes the anchors is refused") {
  CHECK(problem_of(R"(a=~"x)|(y")").find("expected a regular expression of RE2") != std::string::npos);
}

TEST_CASE("values are unquoted as in Alertmanager") {
  CHECK(matches_value("a=x", "x"));
  CHECK(matches_value("a = x y ", "x y"));
  CHECK(matches_value("  a\t=~\n\"x\"  ", "x"));
  CHECK(matches_value(R"(a="x\"y")", "x\"y"));
  CHECK(matches_value(R"(a="x\\y")", "x\\y"));
  CHECK(matches_value(R"(a="x\ny")", "x\ny"));
  CHECK(matches_value(R"(a="x\dy")", "x\\dy"));
  CHECK(matches_value(R"(a=~"x\.y\d")", "x.y5"));
  CHECK(matches_value(R"(a=x\)", "x\\"));
  CHECK(matches_value("a=", ""));
  CHECK(matches_value("a=\"=~\"", "=~"));
  CHECK(matches_value("a==x", "=x"));
  CHECK(matches_value("a='x'", "'x'"));
  CHECK(matches(R"(_a:9="x")", {{"_a:9", "x"}}));
}

TEST_CASE("a matcher that cannot be read is refused with its text and what was expected") {
  const std::string name = "expected a label's name, then =, !=, =~ or !~, then a value";
  const std::string op = "expected =, !=, =~ or !~ after the label's name";
  const std::string value = "expected a value in double quotes, a quote inside it written \\\"";
  CHECK(problem_of("") == "matcher \"\": " + name);
  CHECK(problem_of("=x") == "matcher \"=x\": " + name);
  CHECK(problem_of("9a=x") == "matcher \"9a=x\": " + name);
  CHECK(problem_of("{a=\"x\"}") == "matcher \"{a=\\\"x\\\"}\": " + name);
  CHECK(problem_of("a") == "matcher \"a\": " + op);
  CHECK(problem_of("a-b=x") == "matcher \"a-b=x\": " + op);
  CHECK(problem_of("a~=x") == "matcher \"a~=x\": " + op);
  CHECK(problem_of("a=\"x") == "matcher \"a=\\\"x\": " + value);
  CHECK(problem_of("a=x\"") == "matcher \"a=x\\\"\": " + value);
  CHECK(problem_of("a=\"x\"y\"") == "matcher \"a=\\\"x\\\"y\\\"\": " + value);
  CHECK(problem_of("a=\"x\\\"") == "matcher \"a=\\\"x\\\\\\\"\": " + value);
  CHECK(problem_of("a=\"") == "matcher \"a=\\\"\": " + value);
  CHECK(problem_of("a=~\"x(\"").find("expected a regular expression of RE2: missing )") != std::string::npos);
  CHECK(problem_of("a=~\"*\"").find("expected a regular expression of RE2") != std::string::npos);
  CHECK(problem_of("a=\"\xff\"").find("expected UTF-8") != std::string::npos);
  CHECK(problem_of("a=" + std::string(5000, 'x')).find("expected at most 4096 bytes") != std::string::npos);
}

TEST_CASE("a label of fifty kilobytes and an expression that explodes are harmless") {
  const std::string endless(50000, 'x');
  CHECK(matches_value(R"(a=~"(x+x+)+")", endless));
  CHECK_FALSE(matches_value(R"(a=~"(x+x+)+y")", endless));
  CHECK_FALSE(matches_value(R"(a=~"(x|xx|xxx)*y")", endless));
  CHECK(matches_value(R"(a!~"(.*)(.*)(.*)(.*)(.*)[^x]")", endless));
  std::string large;
  for (int i = 0; i < 100; ++i) large += "x{1000}";
  CHECK(problem_of("a=~\"" + large + "\"").find("expected a regular expression") != std::string::npos);
  CHECK(problem_of(R"(a=~"((x{1000}){1000}){1000}")").find("expected a regular expression") != std::string::npos);
  CHECK(matches_value("a=~\"" + std::string(2000, '(') + std::string(2000, ')') + "\"", ""));
}

TEST_CASE("all matchers must match and none match everything") {
  const std::vector<Matcher> both = {*Matcher::parse("a=x"), *Matcher::parse("b=~\"y|z\"")};
  CHECK(all_match(both, {{"a", "x"}, {"b", "z"}}));
  CHECK_FALSE(all_match(both, {{"a", "x"}, {"b", "w"}}));
  CHECK_FALSE(all_match(both, {{"b", "z"}}));
  CHECK(all_match({}, {}));
}

TEST_CASE("a copy of a matcher matches as the first") {
  Matcher copy;
  {
    const Result<Matcher> parsed = Matcher::parse("a=~\"x+\"");
    REQUIRE(parsed.has_value());
    copy = *parsed;
  }
  CHECK(copy.matches({{"a", "xxx"}}));
}
