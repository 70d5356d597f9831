#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace canaryd::sandbox {

using Json = nlohmann::json;

// The parser and the serializer are instantiated in json.cpp only: they are most of what this library costs a build.
// nullopt for anything but one JSON value.
std::optional<Json> parse_json(std::string_view text);
std::string dump(const Json& value);

// The member, or a shared null where `object` is no object or has no such member.
const Json& member(const Json& object, const char* name);
// The member if it is a string, else "".
std::string text_member(const Json& object, const char* name);

}  // namespace canaryd::sandbox
