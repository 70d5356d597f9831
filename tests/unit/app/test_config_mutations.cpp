#include <doctest/doctest.h>

#include <random>
#include <string>

#include "config_text.hpp"

using namespace canaryd::app;

namespace {

std::string mutated(std::string text, std::mt19937& random) {
  const auto pick = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  static const std::vector<std::string> pieces{
      "&a ",  "*a",   "!t ",  "<<: ", "---\n", "...\n", "\"",           "'",  "[",    "]", "{", "}",  ": ",
      "- ",   "? ",   "| ",   "> ",   "\n",    "\t",    "  ",           "#",  "%",    "~", ",", "\\", "@",
      "\x80", "0x10", "null", "true", "\r\n",  "*",     "\xEF\xBB\xBF", "-1", "1e999"};
  const std::size_t edits = 1 + pick(6);
  for (std::size_t i = 0; i < edits && !text.empty(); ++i) {
    const std::size_t at = pick(text.size());
    switch (pick(5)) {
      case 0:
        text.insert(at, pieces[pick(pieces.size())]);
        break;
      case 1:
        text.erase(at, 1 + pick(20));
        break;
      case 2:
        text[at] = static_cast<char>(pick(256));
        break;
      case 3:
        text.insert(at, text.substr(pick(text.size()), 1 + pick(80)));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

}  // namespace

// Whatever is in the file, reading it ends, and says each problem at a place that is in it.
TEST_CASE("no mutation of the default configuration breaks the reader") {
  std::mt19937 random(20260801);  // fixed: a failure can be repeated
  std::size_t refused = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::string text = mutated(std::string(default_config()), random);
    const ConfigReading reading = read_config(text, "m.yaml");
    refused += reading.problems.empty() ? 0 : 1;
    const auto lines = std::count(text.begin(), text.end(), '\n') + 2;
    for (const auto& problem : reading.problems) {
      INFO(problem.str());
      REQUIRE(problem.line >= 1);
      REQUIRE(problem.line <= lines);
      REQUIRE(problem.column >= 1);
      REQUIRE_FALSE(problem.what.empty());
      REQUIRE(problem.what.find('\n') == std::string::npos);
    }
  }
  CHECK(refused > 1000);  // most mutations matter; many hit a comment
}

TEST_CASE("no prefix of the default configuration breaks the reader") {
  const std::string_view text = default_config();
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK_NOTHROW(read_config(text.substr(0, size), "p.yaml"));
  }
}
