#include "doctor/words.hpp"

#include <doctest/doctest.h>

using namespace canaryd::doctor;
using std::chrono::milliseconds;

TEST_CASE("names are listed and many are cut") {
  CHECK(listed(std::vector<std::string>{}).empty());
  CHECK(listed(std::vector<std::string>{"b", "a\n"}) == "b, a\\n");
  CHECK(listed(std::vector<std::string>{"a", "b", "c", "d"}, 2) == "a, b, and 2 more");
}

TEST_CASE("what a peer says is one line without the token that it repeats") {
  CHECK(said("no:\nBearer SEKRETTOKEN1234567890 is unknown") == "no: Bearer [redacted] is unknown");
  CHECK(said(std::string(295, 'a') + " Bearer SEKRETTOKEN1234567890").find("SEK") == std::string::npos);
  CHECK(said("abcdef", 3) == "abc...");
}

TEST_CASE("a number agrees with what it counts") {
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(0, "file") == "0 files");
}

TEST_CASE("a duration is said in seconds with decimals where it has some") {
  CHECK(spoken(milliseconds(7500)) == "7.5s");
  CHECK(spoken(milliseconds(358)) == "358ms");
  CHECK(spoken(milliseconds(1050)) == "1.05s");
  CHECK(spoken(milliseconds(120000)) == "2m");
}
