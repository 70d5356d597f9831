#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace canaryd::audit {

// Eight bytes at a time: each of these is not 0 exactly when one of the eight is such a byte.
namespace eight {

inline constexpr std::uint64_t ones = 0x0101010101010101;
inline constexpr std::uint64_t highs = 0x8080808080808080;
inline constexpr std::size_t width = sizeof(std::uint64_t);

inline std::uint64_t load(std::string_view text, std::size_t at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text.data() + at, width);
  return bytes;
}
constexpr std::uint64_t below(std::uint64_t bytes, unsigned char limit) {
  return (bytes - ones * limit) & ~bytes & highs;
}
constexpr std::uint64_t equal(std::uint64_t bytes, unsigned char value) { return below(bytes ^ (ones * value), 1); }

}  // namespace eight

// Where the first byte below 0x20 stands; npos without one.
inline std::size_t first_control(std::string_view text) {
  std::size_t at = 0;
  while (at + eight::width <= text.size() && eight::below(eight::load(text, at), 0x20) == 0) at += eight::width;
  for (; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) < 0x20) return at;
  }
  return std::string_view::npos;
}

}  // namespace canaryd::audit
