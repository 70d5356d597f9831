#include "canaryd/base/text.hpp"

#include <algorithm>

#include "utf8.hpp"

namespace canaryd {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_byte_escape(std::string& out, unsigned char byte) {
  out += "\\x";
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 0xF];
}

// Characters that change how what stands around them is shown, or that end a line somewhere.
bool is_unsafe(char32_t c) {
  return (c >= 0x80 && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0x200E || c == 0x200F ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || c == 0x061C;
}

void append_code_point_escape(std::string& out, char32_t c) {
  out += "\\u{";
  bool started = false;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const auto digit = static_cast<std::size_t>((c >> shift) & 0xF);
    started = started || digit != 0 || shift <= 12;
    if (started) out += hex_digits[digit];
  }
  out += '}';
}

// What stands behind the backslash of a short escape; 0 for characters that have none.
char short_escape(char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '"':
    case '\\':
      return c;
    default:
      return 0;
  }
}

constexpr bool is_plain_ascii(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

void append_ascii(std::string& out, char c) {
  if (const char letter = short_escape(c); letter != 0) {
    out += '\\';
    out += letter;
  } else if (is_plain_ascii(c)) {
    out += c;
  } else {
    append_byte_escape(out, static_cast<unsigned char>(c));
  }
}

void append_json_escape(std::string& out, char32_t c) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += hex_digits[(c >> shift) & 0xFU];
}

// One character of JSON that is not plain ASCII; returns its length in `text`.
std::size_t append_json_character(std::string& out, std::string_view text) {
  const auto [code_point, length] = detail::decode_utf8(text);
  if (length == 0) {
    out += '\\';  // JSON has no \xNN: the backslash itself is escaped
    append_byte_escape(out, static_cast<unsigned char>(text[0]));
    return 1;
  }
  if (length == 1 && short_escape(text[0]) != 0) {
    append_ascii(out, text[0]);
  } else if (length == 1 || is_unsafe(code_point)) {
    append_json_escape(out, code_point);  // those that are unsafe have four digits
  } else {
    out += text.substr(0, length);
  }
  return length;
}

}  // namespace

std::string escaped(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit) + 8);
  while (!text.empty()) {
    const auto [code_point, length] = detail::decode_utf8(text);
    const std::size_t before = out.size();
    if (length == 0) {
      append_byte_escape(out, static_cast<unsigned char>(text[0]));
    } else if (length == 1) {
      append_ascii(out, text[0]);
    } else if (is_unsafe(code_point)) {
      append_code_point_escape(out, code_point);
    } else {
      out += text.substr(0, length);
    }
    if (out.size() > limit) {
      out.resize(before);
      return out + "...";
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char first = text[0];
    const std::string_view character = text.substr(0, std::max<std::size_t>(1, detail::decode_utf8(text).length));
    if (first == '\n' || first == '"' || first == '\\') {
      out += first;
    } else {
      out += escaped(character);
    }
    text.remove_prefix(character.size());
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = detail::decode_utf8(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string utf8_or_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = detail::decode_utf8(text).length;
    if (length == 0) {
      append_byte_escape(out, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain_ascii(text[plain])) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_json_character(out, text));
  }
  out += '"';
}

std::string to_hex(std::string_view bytes) {
  std::string out(bytes.size() * 2, '\0');
  std::size_t at = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out[at++] = hex_digits[byte >> 4];
    out[at++] = hex_digits[byte & 0xF];
  }
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // volatile: the compiler must not see that the loop may end at the first difference.
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  }
  return difference == 0;
}

}  // namespace canaryd
