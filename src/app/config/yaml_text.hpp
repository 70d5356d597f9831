#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "yaml_tree.hpp"

namespace canaryd::app {

// The number of characters of a UTF-8 text: places count them, since a person's editor does.
std::size_t characters(std::string_view text);

// Why the text cannot be read as YAML at all: too long, a control character, not UTF-8.
std::optional<Issue> unreadable(std::string_view text);

}  // namespace canaryd::app
