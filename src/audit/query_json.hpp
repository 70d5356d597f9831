#pragma once

#include <string_view>

namespace canaryd::audit {

// Whether a text is JSON of the kind that canaryd writes most: ASCII, without white space, integers of at most 18
// digits, not deep. Several times as fast as a parser; false says nothing: the text may be other JSON.
bool is_plain_json(std::string_view text);

}  // namespace canaryd::audit
