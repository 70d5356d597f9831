#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The build tree knows the sources it was made from.
std::filesystem::path source_folder() {
  for (auto folder = std::filesystem::read_symlink("/proc/self/exe"); folder != folder.root_path();
       folder = folder.parent_path()) {
    if (!std::filesystem::exists(folder / "CMakeCache.txt")) continue;
    const auto cache = text_of(folder / "CMakeCache.txt");
    const std::string key = "\nCMAKE_HOME_DIRECTORY:INTERNAL=";
    const auto at = cache.find(key);
    REQUIRE(at != std::string::npos);
    return cache.substr(at + key.size(), cache.find('\n', at + 1) - at - key.size());
  }
  FAIL("this test runs from a build tree");
  return {};
}

std::string documentation() { return text_of(source_folder() / "docs" / "audit-format.md"); }

// Names in the first column of the table behind a heading, in order.
std::vector<std::string> table_names(const std::string& text, const std::string& heading) {
  std::vector<std::string> names;
  std::istringstream lines(text.substr(text.find(heading)));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && !line.starts_with("## ")) {
    if (!line.starts_with("| `")) continue;
    std::istringstream cell(line.substr(1, line.find('|', 1) - 1));
    for (std::string part; std::getline(cell, part, '`') && std::getline(cell, part, '`');) names.push_back(part);
  }
  return names;
}

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
