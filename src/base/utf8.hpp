#pragma once

#include <cstddef>
#include <string_view>

namespace canaryd::detail {

struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 0;  // 0: the first byte does not begin a valid sequence
};

// The first character of `text` (not empty), by the Unicode standard's table 3-7: no overlong forms, no surrogates.
Decoded decode_utf8(std::string_view text);

}  // namespace canaryd::detail
