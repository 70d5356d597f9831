#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "../../../src/app/rule_text.hpp"
#include "../../../src/app/yaml_tree.hpp"

using namespace canaryd;
using namespace canaryd::app;

namespace {

// The names of a rule file's groups; the file must be a map with nothing but `groups`.
std::vector<std::string> groups_of(std::string_view text) {
  const YamlReading yaml = read_yaml(text);
  for (const auto& issue : yaml.issues) FAIL_CHECK(issue.place.line << ": " << issue.what);
  REQUIRE(yaml.root);
  REQUIRE(yaml.root->keys.size() == 1);
  CHECK(yaml.root->keys[0].name == "groups");
  std::vector<std::string> names;
  for (const auto& group : yaml.root->items[0].items) {
    REQUIRE_FALSE(group.keys.empty());
    CHECK(group.keys[0].name == "name");
    names.push_back(group.items[0].text);
  }
  return names;
}

}  // namespace

TEST_CASE("rule files are joined below one groups line") {
  const rules::File files[] = {{"a.yaml", "# about a\ngroups:\n  - name: a\n    rules: []\n"},
                               {"sources/b.yaml", "groups:\n  # about b\n  - name: b\n    rules: []\n  - name: c\n"}};
  CHECK(joined(files) ==
        "groups:\n\n# a.yaml\n# about a\n  - name: a\n    rules: []\n\n# sources/b.yaml\n  # about b\n  - name: b\n"
        "    rules: []\n  - name: c\n");
  CHECK(groups_of(joined(files)) == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("the shipped rule files joined have every group once") {
  std::vector<std::string> apart;
  for (const auto& file : rules::embedded()) {
    CAPTURE(file.name);
    for (auto& name : groups_of(file.text)) apart.push_back(std::move(name));
  }
  REQUIRE_FALSE(apart.empty());
  CHECK(groups_of(joined(rules::embedded())) == apart);
  CHECK(std::set(apart.begin(), apart.end()).size() == apart.size());
}
