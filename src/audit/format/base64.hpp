#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace canaryd::audit {

// Base 64 of RFC 4648, section 4: with padding, without line ends.
std::string to_base64(std::string_view bytes);

// nullopt for what to_base64 would not have written: other characters, missing padding, bits that stand for no byte.
// So a text has one reading and bytes have one text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace canaryd::audit
