#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/error.hpp"
#include "head.hpp"

namespace canaryd::audit {

// That the line is one JSON object; else where it stops being one. Needs no memory for its content.
std::optional<Misfit> not_json(std::string_view line);

// The record of a line (without LF) that canaryd wrote. invalid when a member has another type than ours; unknown
// members are left aside.
Result<Record> parse_line(std::string_view line);

}  // namespace canaryd::audit
