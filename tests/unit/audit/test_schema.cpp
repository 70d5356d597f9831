#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "documents.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

using Json = nlohmann::ordered_json;

Json schema() { return Json::parse(source_text("docs/audit-schema.json")); }

const Json& resolved(const Json& whole, const Json& part) {
  const auto ref = part.find("$ref");
  if (ref == part.end()) return part;
  return whole.at(nlohmann::json_pointer<std::string>(ref->get<std::string>().substr(1)));
}

// Every member that the schema allows, as docs/audit-format.md names it.
void collect(const Json& whole, const Json& object, const std::string& path, std::vector<std::string>& names) {
  for (const auto& [name, member] : object.at("properties").items()) {
    const auto place = path.empty() ? name : path + "." + name;
    names.push_back(place);
    const Json* inner = &resolved(whole, member);
    const bool is_list = inner->contains("items");
    if (is_list) inner = &resolved(whole, inner->at("items"));
    if (inner->contains("properties")) collect(whole, *inner, is_list ? place + "[]" : place, names);
  }
}

// What the schema says of one kind.
Json rule_of(const Json& whole, const std::string& kind) {
  for (const auto& rule : whole.at("allOf")) {
    const auto& condition = rule.at("if").at("properties");
    if (!condition.contains("event") && condition.contains("kind") && condition.at("kind").value("const", "") == kind) {
      return rule.at("then");
    }
  }
  INFO(kind);
  FAIL("the schema says nothing of this kind");
  return {};
}

std::set<std::string> texts(const Json& list) { return {list.begin(), list.end()}; }

}  // namespace

TEST_CASE("the schema has the members of the documented format in their order") {
  const auto whole = schema();
  std::vector<std::string> names;
  collect(whole, whole, "", names);
  CHECK(names == table_names(source_text("docs/audit-format.md"), "## Fields"));
}

TEST_CASE("every object of the schema is closed but labels and details") {
  const auto whole = schema();
  CHECK(whole.at("additionalProperties") == false);
  for (const auto& [name, part] : whole.at("$defs").items()) {
    INFO(name);
    if (part.contains("properties")) CHECK(part.at("additionalProperties") == false);
  }
}

TEST_CASE("the schema has a rule for each kind of record") {
  const auto whole = schema();
  std::set<std::string> kinds;
  for (const Kind kind : {Kind::intent, Kind::outcome, Kind::decision, Kind::confirmed, Kind::unconfirmed,
                          Kind::received, Kind::lifecycle}) {
    kinds.insert(name_of(kind));
    CHECK(rule_of(whole, name_of(kind)).contains("required"));
  }
  CHECK(texts(whole.at("properties").at("kind").at("enum")) == kinds);
}

TEST_CASE("what the schema demands of a kind is not forbidden in it and is a member") {
  const auto whole = schema();
  for (const auto& kind : texts(whole.at("properties").at("kind").at("enum"))) {
    const auto rule = rule_of(whole, kind);
    for (const auto& name : rule.at("required")) {
      INFO(kind << " " << name);
      CHECK(whole.at("properties").contains(name));
      CHECK(rule.at("properties").value(name.get<std::string>(), Json(true)) != Json(false));
    }
    for (const auto& [name, part] : rule.at("properties").items()) {
      INFO(kind << " " << name);
      CHECK(whole.at("properties").contains(name));
    }
  }
}

TEST_CASE("the schema takes the verdicts and the actions that are documented") {
  const auto whole = schema();
  const auto text = source_text("docs/audit-format.md");
  const auto named_in = [&](const std::string& field) {
    const auto at = text.find("| `" + field + "` |");
    REQUIRE(at != std::string::npos);
    const auto row = text.substr(at, text.find('\n', at) - at);
    std::set<std::string> names;
    for (auto tick = row.find('`', row.find("| `") + 3 + field.size() + 1); tick != std::string::npos;) {
      const auto end = row.find('`', tick + 1);
      names.insert(row.substr(tick + 1, end - tick - 1));
      tick = row.find('`', end + 1);
    }
    names.erase("dryRun=All");
    return names;
  };
  CHECK(texts(whole.at("properties").at("verdict").at("enum")) == named_in("verdict"));
  CHECK(texts(whole.at("properties").at("action").at("enum")) == named_in("action"));
  CHECK(texts(whole.at("$defs").at("api").at("properties").at("result").at("enum")) == named_in("api.result"));
}

namespace {

// The first group of every place where the expression fits.
std::set<std::string> all_matches(const std::string& text, const std::regex& expression) {
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

}  // namespace

TEST_CASE("the import page maps every field of the format and no other") {
  CHECK(table_names(source_text("docs/audit-import.md"), "## Fields") ==
        table_names(source_text("docs/audit-format.md"), "## Fields"));
}

TEST_CASE("the pipelines of the import page read fields that the format has") {
  const auto page = source_text("docs/audit-import.md");
  const auto listed = table_names(source_text("docs/audit-format.md"), "## Fields");
  const std::set<std::string> fields(listed.begin(), listed.end());
  const auto alloy =
      page.substr(page.find("expressions = {"), page.find("stage.timestamp") - page.find("expressions = {"));
  auto read = all_matches(alloy, std::regex(R"re( = "([a-z_.\[\]0]+)")re"));
  CHECK(read.size() == 11);
  const auto vector = all_matches(page, std::regex(R"(\brec\.([a-z_0-9.]+))"));
  CHECK(vector.size() > 15);
  read.insert(vector.begin(), vector.end());
  read.merge(all_matches(page, std::regex(R"(from: attributes\.canaryd\.([a-z_.]+))")));
  for (auto name : read) {
    if (const auto first = name.find("[0]"); first != std::string::npos) name.replace(first, 3, "[]");
    INFO(name);
    CHECK(fields.contains(name));
  }
}
