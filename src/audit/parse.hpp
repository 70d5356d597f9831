#pragma once

#include <string>
#include <string_view>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// The record of a line (without LF) that canaryd wrote. invalid when a member has another type than ours, or
// when there are more values than any record has; unknown members are left aside.
Result<Record> parse_line(std::string_view line);

}  // namespace canaryd::audit
