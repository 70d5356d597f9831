#pragma once

#include <string>
#include <string_view>

namespace canaryd::audit {

// Appends `text` to `out` as a JSON string. Bytes that are not UTF-8 become the text \xNN; control characters, line
// separators and bidi marks become \u escapes, so that a line stays one line and looks in a terminal as it reads.
void append_quoted(std::string& out, std::string_view text);

}  // namespace canaryd::audit
