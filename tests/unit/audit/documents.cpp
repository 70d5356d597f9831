#include "documents.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace canaryd::audit::test {

namespace {

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

}  // namespace

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  INFO(path.string());
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string source_text(const std::string& path) { return text_of(source_folder() / path); }

std::vector<std::string> table_names(const std::string& text, const std::string& heading) {
  std::vector<std::string> names;
  const auto at = text.find(heading);
  REQUIRE(at != std::string::npos);
  std::istringstream lines(text.substr(at));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && !line.starts_with("## ")) {
    if (!line.starts_with("| `")) continue;
    std::istringstream cell(line.substr(1, line.find('|', 1) - 1));
    for (std::string part; std::getline(cell, part, '`') && std::getline(cell, part, '`');) names.push_back(part);
  }
  return names;
}

}  // namespace canaryd::audit::test
