#include <algorithm>
#include <array>
#include <cstddef>

#include "canaryd/engine/command.hpp"

namespace canaryd::engine {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// What shows nothing by itself: controls, white space, format characters and fillers (Unicode 15: White_Space,
// Default_Ignorable_Code_Point, and the blank Braille pattern), in order.
constexpr std::array blank{
    Range{0x00, 0x20},       Range{0x7F, 0xA0},       Range{0xAD, 0xAD},     Range{0x034F, 0x034F},
    Range{0x061C, 0x061C},   Range{0x115F, 0x1160},   Range{0x1680, 0x1680}, Range{0x17B4, 0x17B5},
    Range{0x180B, 0x180F},   Range{0x2000, 0x200F},   Range{0x2028, 0x202F}, Range{0x205F, 0x206F},
    Range{0x2800, 0x2800},   Range{0x3000, 0x3000},   Range{0x3164, 0x3164}, Range{0xFE00, 0xFE0F},
    Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},   Range{0xFFF0, 0xFFFB}, Range{0x1BCA0, 0x1BCA3},
    Range{0x1D173, 0x1D17A}, Range{0xE0000, 0xE0FFF},
};

bool is_blank(char32_t c) {
  return std::any_of(blank.begin(), blank.end(), [c](const Range& r) { return r.first <= c && c <= r.last; });
}

// The character that begins with this byte, and its length; bytes that are not UTF-8 count as shown.
struct Character {
  char32_t code_point;
  std::size_t length;
};
Character first_of(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  const std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 0;
  if (length == 0 || length > text.size()) return {0xFFFD, 1};
  char32_t code_point = length == 1 ? byte : byte & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    code_point = (code_point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code_point, length};
}

}  // namespace

bool says_why(std::string_view reason) {
  while (!reason.empty()) {
    const auto [code_point, length] = first_of(reason);
    if (!is_blank(code_point)) return true;
    reason.remove_prefix(length);
  }
  return false;
}

}  // namespace canaryd::engine
