#include "sandbox/json_patch.hpp"

#include <doctest/doctest.h>

#include "sandbox/managed_fields.hpp"

namespace {

using namespace canaryd::sandbox;

std::string patched(const std::string& object, const std::string& patch) {
  const auto result = apply_json_patch(*parse_json(object), patch);
  return result ? dump(*result) : std::to_string(result.error().code);
}

}  // namespace

TEST_CASE("each operation of a JSON Patch") {
  CHECK(patched(R"({"a":1})", R"([{"op":"add","path":"/b","value":2}])") == R"({"a":1,"b":2})");
  CHECK(patched(R"({"a":1})", R"([{"op":"replace","path":"/a","value":2}])") == R"({"a":2})");
  CHECK(patched(R"({"a":1})", R"([{"op":"remove","path":"/a"}])") == "{}");
  CHECK(patched(R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"}])") == R"({"b":1})");
  CHECK(patched(R"({"a":1})", R"([{"op":"copy","from":"/a","path":"/b"}])") == R"({"a":1,"b":1})");
  CHECK(patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":1}])") == R"({"a":1})");
}

TEST_CASE("lists are patched by index") {
  CHECK(patched(R"({"a":[1,2]})", R"([{"op":"add","path":"/a/1","value":9}])") == R"({"a":[1,9,2]})");
  CHECK(patched(R"({"a":[1,2]})", R"([{"op":"add","path":"/a/-","value":9}])") == R"({"a":[1,2,9]})");
  CHECK(patched(R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/0"}])") == R"({"a":[2]})");
  CHECK(patched(R"({"a":[1,2]})", R"([{"op":"replace","path":"/a/2","value":9}])") == "422");
  CHECK(patched(R"({"a":[1,2]})", R"([{"op":"add","path":"/a/3","value":9}])") == "422");
  CHECK(patched(R"({"a":[1,2]})", R"([{"op":"test","path":"/a/x","value":9}])") == "422");
}

TEST_CASE("escapes in a pointer") {
  CHECK(patched(R"({"a/b":1,"c~d":2})", R"([{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/c~0d"}])") == "{}");
  CHECK(patched(R"({"a":1})", R"([{"op":"remove","path":"/a~2"}])") == "422");
  CHECK(patched(R"({"a":1})", R"([{"op":"remove","path":"a"}])") == "422");
}

TEST_CASE("a patch of an unknown operation or form is refused") {
  CHECK(patched("{}", R"([{"op":"nonsense","path":"/a"}])") == "422");
  CHECK(patched("{}", R"({"op":"add"})") == "400");
  CHECK(patched("{}", "[1]") == "400");
  CHECK(patched("{}", "[") == "400");
}

TEST_CASE("a merge patch is an object") {
  CHECK(apply_merge_patch(Json::object(), "[]").error().code == 400);
  CHECK(dump(*apply_merge_patch(*parse_json(R"({"a":{"b":1,"c":2}})"), R"({"a":{"b":null}})")) == R"({"a":{"c":2}})");
}

TEST_CASE("a value that becomes an object or a list changes hands whole") {
  const Json before = *parse_json(R"({"spec":{"a":1,"b":{"c":1}},"metadata":{}})");
  Json first = before;
  update_managed_fields(nullptr, first, {"one", "v1", false, "2026-01-01T00:00:00Z"});
  Json after = *parse_json(R"({"spec":{"a":{"x":1},"b":[1]},"metadata":{}})");
  update_managed_fields(first, after, {"two", "v1", false, "2026-01-01T00:00:01Z"});
  const Json& entries = after["metadata"]["managedFields"];
  REQUIRE(entries.size() == 2);
  CHECK(dump(entries[0]["fieldsV1"]) == R"({"f:spec":{}})");
  CHECK(dump(entries[1]["fieldsV1"]) == R"({"f:spec":{"f:a":{".":{},"f:x":{}},"f:b":{}}})");
}
