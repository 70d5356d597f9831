#pragma once

#include <string>
#include <string_view>

namespace canaryd {

// `text` made safe for a log line, an error answer or a terminal: control characters, quotes, backslashes, DEL, C1
// controls, line and bidi separators (U+2028, U+202A..U+202E, U+2066..U+2069) and bytes that are not UTF-8 become \n,
// \t, \", \\, \xNN or \u{NNNN}; longer than `limit` bytes is cut at a character's end and ends in "...". Valid UTF-8
// comes out.
std::string escaped(std::string_view text, std::size_t limit = 256);

// `text` made safe for a terminal, for messages of several lines: as escaped(), but line ends, quotes and backslashes
// stay and nothing is cut.
std::string printable(std::string_view text);

// True when `text` is valid UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

// `text` with each byte that is not part of valid UTF-8 written as the four characters \xNN.
std::string utf8_or_escaped(std::string_view text);

// Appends `text` as a JSON string, on one line and safe for a terminal: the same characters are escaped as by
// escaped(), controls and separators as \u, bytes that are not UTF-8 as the text \xNN.
void append_json_string(std::string& out, std::string_view text);

// Lower-case hexadecimal of bytes.
std::string to_hex(std::string_view bytes);

// Equality whose time depends on the lengths only: for secrets.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace canaryd
