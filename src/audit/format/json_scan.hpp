#pragma once

#include <optional>
#include <string_view>

#include "head.hpp"

namespace canaryd::audit {

// Objects and lists within each other: a record needs four.
inline constexpr unsigned json_depth_limit = 64;

// That the line is one JSON object (RFC 8259) in UTF-8, no deeper than json_depth_limit; else where it stops being one.
// Needs no memory, whatever the line holds.
std::optional<Misfit> not_an_object(std::string_view line);

}  // namespace canaryd::audit
