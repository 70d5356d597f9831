#include "canaryd/doctor/finding.hpp"

#include <doctest/doctest.h>

using namespace canaryd::doctor;

TEST_CASE("FAIL is worse than UNKNOWN and that worse than WARN") {
  const Finding ok{"a", Health::ok, "", ""};
  const Finding warn{"b", Health::warn, "", ""};
  const Finding unknown{"c", Health::unknown, "", ""};
  const Finding fail{"d", Health::fail, "", ""};
  CHECK(worst({}) == Health::ok);
  CHECK(worst({ok, warn}) == Health::warn);
  CHECK(worst({unknown, warn, ok}) == Health::unknown);
  CHECK(worst({unknown, fail, warn}) == Health::fail);
}

TEST_CASE("as text each finding is a line with its remedy below") {
  CHECK(as_text({{"short", Health::ok, "It is so.", ""}, {"longer.one", Health::warn, "Nearly.", "Do this"}}) ==
        "OK      short       It is so.\n"
        "WARN    longer.one  Nearly.\n"
        "                    -> Do this\n"
        "WARN: 0 FAIL, 0 UNKNOWN, 1 WARN, 1 OK\n");
}

TEST_CASE("as JSON it has a format a status counts and the findings") {
  CHECK(as_json({{"a", Health::fail, "say \"no\"", "r"}}) ==
        R"({"format":1,"status":"FAIL","counts":{"OK":0,"WARN":0,"UNKNOWN":0,"FAIL":1},"findings":[)"
        "\n"
        R"({"check":"a","status":"FAIL","text":"say \"no\"","remedy":"r"})"
        "\n]}\n");
}
