#include "base64.hpp"

#include <array>
#include <cstdint>

namespace canaryd::audit {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t none = 64;

constexpr std::array<std::uint8_t, 256> values() {
  std::array<std::uint8_t, 256> table{};
  for (auto& value : table) value = none;
  for (std::size_t i = 0; i < digits.size(); ++i)
    table[static_cast<unsigned char>(digits[i])] = static_cast<uint8_t>(i);
  return table;
}

// Four digits stand for three bytes; the last four may be padded.
std::optional<std::uint32_t> group_of(std::string_view four, std::size_t padding) {
  static constexpr auto table = values();
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint32_t value = i < 4 - padding ? table[static_cast<unsigned char>(four[i])] : 0;
    if (value == none) return std::nullopt;
    group = group << 6U | value;
  }
  // What a padded group says beyond its bytes must be nothing.
  if ((group & ((1U << (8 * padding)) - 1)) != 0) return std::nullopt;
  return group;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto three = bytes.substr(at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (i < three.size() ? static_cast<unsigned char>(three[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) text += i <= three.size() ? digits[group >> (18 - 6 * i) & 63U] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const auto four = text.substr(at, 4);
    std::size_t padding = 0;
    if (at + 4 == text.size()) padding = four.ends_with("==") ? 2 : four.ends_with('=') ? 1 : 0;
    const auto group = group_of(four, padding);
    if (!group) return std::nullopt;
    for (std::size_t i = 0; i < 3 - padding; ++i) bytes += static_cast<char>(*group >> (16 - 8 * i) & 255U);
  }
  return bytes;
}

}  // namespace canaryd::audit
