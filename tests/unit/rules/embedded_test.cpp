#include "canaryd/rules/embedded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
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

// The .yaml files of these folders of rules/, as the binary names them.
std::vector<std::string> shipped_files(const fs::path& rules, const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (const auto& folder : folders) {
    for (const auto& entry : fs::directory_iterator(rules / folder)) {
      if (entry.path().extension() == ".yaml") names.push_back(folder + entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> names_of(std::span<const canaryd::rules::File> files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.emplace_back(file.name);
  return names;
}

void check_bytes(std::span<const canaryd::rules::File> files) {
  const fs::path rules = rules_folder();
  REQUIRE_FALSE(files.empty());
  for (const auto& file : files) {
    CAPTURE(file.name);
    const bool same = file.text == bytes_of(rules / file.name);  // not shown: a file has pages
    CHECK(same);
  }
}

}  // namespace

TEST_CASE("the binary embeds every shipped file and sorts them by name") {
  const fs::path rules = rules_folder();
  REQUIRE(fs::exists(rules / "canary.yaml"));
  CHECK(names_of(canaryd::rules::embedded()) == shipped_files(rules, {"", "sources/"}));
  CHECK(names_of(canaryd::rules::embedded_scrapes()) == shipped_files(rules, {"scrape/"}));
}

TEST_CASE("an embedded file has the same bytes as the file") {
  check_bytes(canaryd::rules::embedded());
  check_bytes(canaryd::rules::embedded_scrapes());
}
