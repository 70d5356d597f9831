#include "canaryd/rules/render.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/rules/catalog.hpp"

using namespace canaryd;
using namespace canaryd::rules;

namespace {

const ObjectMeta plain{"canaryd-rules", "", {}};

// Each group once, in the order of the text. A rule comes with the name of its group.
std::vector<std::string> groups_of(std::span<const File> files) {
  std::vector<std::string> out;
  const auto rules = catalog(files);
  REQUIRE(rules);
  for (const auto& rule : *rules) {
    if (out.empty() || out.back() != rule.group) out.push_back(rule.group);
  }
  return out;
}

std::string without_two_spaces(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n') + 1);
    CHECK((line == "\n" || line.starts_with("  ")));
    out.append(line == "\n" ? line : line.substr(2));
    text.remove_prefix(line.size());
  }
  return out;
}

std::string spec_of(const std::string& object) {
  const std::string_view head = "\nspec:\n";
  const auto at = object.find(head);
  REQUIRE(at != std::string::npos);
  return object.substr(at + head.size());
}

std::string refusal(const ObjectMeta& meta) {
  const auto object = prometheus_rule(embedded(), meta);
  return object ? "taken" : object.error().message;
}

std::string refusal_of_label(std::string key, std::string value) {
  return refusal({"a", "", {{std::move(key), std::move(value)}}});
}

}  // namespace

TEST_CASE("one file is printed as it is") {
  const File file[] = {{"a.yaml", "# about a\n\ngroups:\n  - name: a\n    rules: []"}};
  CHECK(rule_file(file) == file[0].text);
}

TEST_CASE("several files are joined below one groups line") {
  const File files[] = {{"a.yaml", "# about a\ngroups:\n  - name: a\n    rules: []\n"},
                        {"sources/b.yaml", "groups:\n  # about b\n  - name: b\n    rules: []\n  - name: c"}};
  CHECK(rule_file(files) ==
        "groups:\n\n# a.yaml\n# about a\n  - name: a\n    rules: []\n\n# sources/b.yaml\n  # about b\n  - name: b\n"
        "    rules: []\n  - name: c\n");
}

TEST_CASE("the shipped files joined have every group once and in order") {
  const auto apart = groups_of(embedded());
  REQUIRE(apart.size() >= embedded().size());
  const std::string text = rule_file(embedded());
  const File together[] = {{"all", text}};
  CHECK(groups_of(together) == apart);
  // The API server takes a group's name once an object, Prometheus once a file.
  CHECK(std::set(apart.begin(), apart.end()).size() == apart.size());
}

TEST_CASE("every shipped file has the form that joining relies on") {
  for (const auto& file : embedded()) {
    CAPTURE(file.name);
    bool in_groups = false;
    for (std::string_view rest = file.text; !rest.empty();) {
      const auto line = rest.substr(0, rest.find('\n') + 1);
      REQUIRE(line.ends_with('\n'));
      rest.remove_prefix(line.size());
      const bool blank_or_comment = line == "\n" || line.starts_with('#');
      CHECK((blank_or_comment || line == "groups:\n" || (in_groups && line.starts_with("  "))));
      CHECK_FALSE((in_groups && line == "groups:\n"));
      // A line of spaces only would be another line after indenting.
      CHECK((line == "\n" || line.find_first_not_of(' ') != line.size() - 1));
      in_groups = in_groups || line == "groups:\n";
    }
    CHECK(in_groups);
  }
}

TEST_CASE("an object carries its name, namespace and labels in quotes") {
  const File file[] = {{"a.yaml", "# about a\ngroups:\n  - name: a\n\n    rules: []\n"}};
  const auto object = prometheus_rule(file, {"1e3", "true", {{"release", "42"}, {"example.com/team", ""}}});
  REQUIRE(object);
  CHECK(*object ==
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: \"1e3\"\n"
        "  namespace: \"true\"\n  labels:\n    \"release\": \"42\"\n    \"example.com/team\": \"\"\nspec:\n"
        "  # about a\n  groups:\n    - name: a\n\n      rules: []\n");
}

TEST_CASE("an object without namespace and labels leaves them out") {
  const auto object = prometheus_rule(embedded(), plain);
  REQUIRE(object);
  CHECK(object->starts_with(
      "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: \"canaryd-rules\"\nspec:\n"));
}

TEST_CASE("the spec of an object is the rule file byte for byte two deeper") {
  const auto all = prometheus_rule(embedded(), plain);
  REQUIRE(all);
  CHECK(without_two_spaces(spec_of(*all)) == rule_file(embedded()));
  for (const auto& file : embedded()) {
    CAPTURE(file.name);
    const auto object = prometheus_rule({&file, 1}, plain);
    REQUIRE(object);
    CHECK(without_two_spaces(spec_of(*object)) == file.text);
  }
}

TEST_CASE("all rules in one object leave room for what kubectl apply adds") {
  // kubectl keeps the whole object in an annotation; annotations may have 256 KiB in all.
  CHECK(prometheus_rule(embedded(), plain)->size() < 200 * 1024);
}

TEST_CASE("what the API server would refuse is refused with what was expected") {
  CHECK(refusal(plain) == "taken");
  CHECK(refusal({"a.b-c.d", "monitoring", {}}) == "taken");
  for (const auto* name : {"", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a\nb", "\"", "a b"}) {
    CAPTURE(name);
    CHECK(refusal({name, "", {}}).starts_with("name: expected a DNS name"));
  }
  CHECK(refusal({std::string(253, 'a'), "", {}}) == "taken");
  CHECK(refusal({std::string(254, 'a'), "", {}}).starts_with("name: expected "));
  for (const auto* name : {"a.b", "Monitoring", "-", "a\"", "a: b"}) {
    CAPTURE(name);
    CHECK(refusal({"a", name, {}}) ==
          "namespace: expected a DNS label of a-z, 0-9 and '-', at most 63 characters, got " + std::string(name));
  }
  CHECK(refusal({"a", std::string(63, 'a'), {}}) == "taken");
  CHECK(refusal({"a", std::string(64, 'a'), {}}).starts_with("namespace: expected "));
}

TEST_CASE("a label is refused as the API server refuses it") {
  CHECK(refusal_of_label("release", "kube-prometheus_1.2") == "taken");
  CHECK(refusal_of_label("app.kubernetes.io/name", "") == "taken");
  for (const auto* key : {"", "-a", "a b", "/a", "a/", "A/b", "a/b/c", "a\""}) {
    CAPTURE(key);
    CHECK(refusal_of_label(key, "x").starts_with("label: expected a key "));
  }
  for (const auto* value : {"a b", "-a", "a.", "\"", "a\n", "a=b"}) {
    CAPTURE(value);
    CHECK(refusal_of_label("key", value).starts_with("label key: expected letters"));
  }
  CHECK(refusal_of_label(std::string(63, 'a'), std::string(63, 'a')) == "taken");
  CHECK(refusal_of_label(std::string(64, 'a'), "x").starts_with("label: expected a key "));
  CHECK(refusal_of_label("key", std::string(64, 'a')).starts_with("label key: expected letters"));
  CHECK(refusal({"a", "", {{"k", "1"}, {"k", "1"}}}) == "label k: expected each key once, got it twice");
}
