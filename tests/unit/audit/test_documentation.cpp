#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "documents.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

std::string documentation() { return source_text("docs/audit-format.md"); }

using Json = nlohmann::ordered_json;

void collect(const Json& value, const std::string& path, std::vector<std::string>& names) {
  if (value.is_array()) {
    for (const auto& item : value) {
      if (item.is_object()) collect(item, path + "[]", names);
    }
    return;
  }
  for (const auto& [key, member] : value.items()) {
    const auto name = path.empty() ? key : path + "." + key;
    names.push_back(name);
    const bool names_of_others = key == "labels" || key == "details";
    if (!names_of_others && member.is_structured()) collect(member, name, names);
  }
}

}  // namespace

TEST_CASE("the documented fields are those that are written in their order") {
  Lab lab;
  const auto log = lab.log();
  REQUIRE(log->append(full(Kind::outcome, "a")));
  const auto lines = lab.lines();
  std::vector<std::string> names;
  collect(Json::parse(lines.at(1)), "", names);
  const auto first = Json::parse(lines.at(0));
  CHECK(first.at("format") == 1);
  CHECK(first.at("log") == log->log_id());
  const auto after_prev = std::find(names.begin(), names.end(), "prev") + 1;
  names.insert(after_prev, {"format", "log"});
  CHECK(table_names(documentation(), "## Fields") == names);
}

TEST_CASE("the documented kinds are those that the code has") {
  auto documented = table_names(documentation(), "## Kinds");
  std::vector<std::string> kinds;
  for (const Kind kind : {Kind::intent, Kind::outcome, Kind::decision, Kind::confirmed, Kind::unconfirmed,
                          Kind::received, Kind::lifecycle}) {
    kinds.emplace_back(name_of(kind));
  }
  std::sort(documented.begin(), documented.end());
  std::sort(kinds.begin(), kinds.end());
  CHECK(documented == kinds);
}

TEST_CASE("the documented example is a log that verifies and holds each kind") {
  const auto text = documentation();
  const std::string fence = "```jsonl\n";
  const auto at = text.find(fence) + fence.size();
  const auto example = text.substr(at, text.find("```", at) - at);
  Lab lab;
  lab.files.put(segment, example);
  const auto verdict = lab.verdict();
  CHECK(verdict.intact);
  CHECK(verdict.records == split(example).size());
  for (const auto& kind : table_names(text, "## Kinds")) {
    CHECK(example.find("\"kind\":\"" + kind + "\"") != std::string::npos);
  }
}
