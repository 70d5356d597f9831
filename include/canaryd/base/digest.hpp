#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

namespace canaryd {

// SHA-256 of the parts, one behind the other. Safe from any thread.
std::array<unsigned char, 32> sha256(std::initializer_list<std::string_view> parts);

// SHA-256 of the bytes, as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace canaryd
