#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "app/config/config_reader.hpp"
#include "canaryd/base/file.hpp"
#include "config_text.hpp"

using namespace canaryd::app;

namespace {

std::string documentation() {
  const char* root = std::getenv("CANARYD_SOURCE");
  REQUIRE_MESSAGE(root != nullptr, "CANARYD_SOURCE must name the source folder");
  const auto text = canaryd::read_file(std::string(root) + "/docs/configuration.md");
  REQUIRE(text);
  return *text;
}

// The rows "| `key` | type | default | change | meaning |": each key with its cells.
std::map<std::string, Lines> rows() {
  std::map<std::string, Lines> out;
  const std::string text = documentation();
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    from = end + 1;
    if (!line.starts_with("| `")) continue;
    Lines cells;
    for (std::size_t at = 1; at < line.size();) {
      const auto bar = std::min(line.find('|', at), line.size());
      std::string cell = line.substr(at, bar - at);
      cell.erase(0, cell.find_first_not_of(' ') == std::string::npos ? cell.size() : cell.find_first_not_of(' '));
      cell.erase(cell.find_last_not_of(' ') + 1);
      cells.push_back(std::move(cell));
      at = bar + 1;
    }
    const std::string key = cells.front().substr(1, cells.front().size() - 2);
    CHECK_MESSAGE(out.emplace(key, cells).second, key << " stands twice");
  }
  return out;
}

}  // namespace

TEST_CASE("the reference names exactly the keys that the reader knows") {
  std::set<std::string> documented;
  for (const auto& [key, cells] : rows()) documented.insert(key);
  for (const auto& key : known_keys()) CHECK_MESSAGE(documented.contains(key), key << " is not documented");
  for (const auto& key : documented) CHECK_MESSAGE(known_keys().contains(key), key << " is not known to the reader");
  CHECK(known_keys().size() > 50);
}

// Each example that stands alone is put below what is required.
TEST_CASE("the examples of the reference read without problems") {
  const std::string text = documentation();
  const std::string fence = "```yaml\n";
  int examples = 0;
  for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    const std::string example = text.substr(at, text.find("```", at) - at);
    CAPTURE(example);
    if (example.front() == ' ') continue;  // an entry of a list
    ++examples;
    CHECK(problems_of(example.starts_with("server:") ? example : std::string(shortest) + example) == Lines{});
  }
  CHECK(examples >= 3);
}

TEST_CASE("each key of the reference says its type and a leaf how it changes") {
  const auto all = rows();
  for (const auto& [key, cells] : all) {
    CAPTURE(key);
    REQUIRE(cells.size() == 5);
    CHECK_FALSE(cells[1].empty());
    const bool is_map = cells[1] == "map";
    CHECK(cells[3] == (is_map ? "" : cells[3]));
    if (!is_map) CHECK((cells[3] == "reload" || cells[3] == "restart"));
  }
}

TEST_CASE("the reference says restart where a reload cannot change a key") {
  Config running = read_config(shortest, "c.yaml").config;
  Config wanted = running;
  wanted.instance = "another";
  wanted.server.listen.port = 1;
  wanted.server.max_connections = 5;
  wanted.admin.listen.port = 2;
  wanted.cluster = {canaryd::kube::Access::url, "/k", "c", "https://a", "/ca", "/t", {canaryd::Namespace("ml")}};
  wanted.audit.log = {"/other", "other", 1, std::chrono::seconds(1)};
  wanted.audit.witness = "other";
  wanted.log.format = canaryd::LogFormat::json;
  wanted.prometheus = {"https://a", "/ca", "/t", "/c", "/k"};
  wanted.state = {canaryd::Namespace("ops"), "other"};
  std::set<std::string> restart;
  for (const auto& key : needs_restart(running, wanted)) restart.insert(key);
  std::set<std::string> documented;
  for (const auto& [key, cells] : rows()) {
    if (cells.at(3) == "restart") documented.insert(key);
  }
  CHECK(documented == restart);
}
