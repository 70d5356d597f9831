#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace canaryd {

// The whole of `text` as a number, by std::from_chars: no spaces, no plus sign, no 0x, whatever the locale. nullopt
// when it is none or does not fit. Leading zeros are read. Thread-safe.
template <typename Number>
std::optional<Number> number_from(std::string_view text, [[maybe_unused]] int base = 10) {
  Number value{};
  std::from_chars_result read{};
  if constexpr (std::is_floating_point_v<Number>) {
    read = std::from_chars(text.data(), text.data() + text.size(), value);
  } else {
    read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  }
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace canaryd
