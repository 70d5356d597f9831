#include "canaryd/rules/embedded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The build tree that this binary stands in knows its sources (__FILE__ does not: the compiler maps the prefix away).
fs::path rules_folder() {
  const std::string key = "canaryd_SOURCE_DIR:STATIC=";
  for (fs::path at = fs::read_symlink("/proc/self/exe"); at != at.root_path(); at = at.parent_path()) {
    std::ifstream cache(at / "CMakeCache.txt");
    for (std::string line; std::getline(cache, line);) {
      if (line.starts_with(key)) return fs::path(line.substr(key.size())) / "rules";
    }
  }
  return {};
}

std::vector<std::string> shipped_files(const fs::path& rules) {
  std::vector<std::string> names;
  for (const auto& [folder, prefix] : {std::pair{rules, ""}, std::pair{rules / "sources", "sources/"}}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".yaml") names.push_back(prefix + entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

TEST_CASE("the binary embeds every shipped rule file and sorts them by name") {
  const fs::path rules = rules_folder();
  REQUIRE(fs::exists(rules / "canary.yaml"));
  std::vector<std::string> names;
  for (const auto& file : canaryd::rules::embedded()) names.emplace_back(file.name);
  CHECK(names == shipped_files(rules));
}

TEST_CASE("an embedded rule file has the same bytes as the file") {
  const fs::path rules = rules_folder();
  REQUIRE_FALSE(canaryd::rules::embedded().empty());
  for (const auto& file : canaryd::rules::embedded()) {
    CAPTURE(file.name);
    CHECK(file.text == bytes_of(rules / file.name));
  }
}
