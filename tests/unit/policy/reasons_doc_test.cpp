#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "canaryd/base/file.hpp"
#include "canaryd/policy/reason.hpp"

TEST_CASE("the documented table of reasons is the code's") {
  const char* source = std::getenv("CANARYD_SOURCE");
  REQUIRE_MESSAGE(source != nullptr, "CANARYD_SOURCE must name the source folder");
  const auto doc = canaryd::read_file(std::string(source) + "/docs/reasons.md");
  REQUIRE(doc.has_value());
  std::string table = doc->substr(doc->find("## The reasons"));
  table = table.substr(0, table.find("\n## What stops"));
  std::size_t at = 0;
  for (const auto& info : canaryd::policy::all_reasons()) {
    const std::string row = "\n| `" + std::string(info.name) + "` | " + std::string(name_of(info.verdict)) + " | " +
                            std::string(info.meaning) + " | ";
    CAPTURE(row);
    const std::size_t found = table.find(row, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  std::size_t table_rows = 0;
  for (std::size_t i = table.find("\n| "); i != std::string::npos; i = table.find("\n| ", i + 1)) ++table_rows;
  CHECK(table_rows == canaryd::policy::all_reasons().size() + 1);  // and the table's head
}
