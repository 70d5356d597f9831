#include "json_text.hpp"

#include <cstddef>

#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_unicode(std::string& out, unsigned code) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(code >> shift) & 0xFU];
}

void append_control(std::string& out, unsigned char c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      append_unicode(out, c);
  }
}

// The character that starts at `at` when it is one that hides or reorders text: C1 controls (U+0080..U+009F), U+2028,
// U+2029, U+202A..U+202E, U+2066..U+2069. `length` is that of its UTF-8.
unsigned deceiving(std::string_view text, std::size_t at, std::size_t& length) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[i])) : 0U;
  };
  if (byte(at) == 0xC2 && byte(at + 1) < 0xA0) {
    length = 2;
    return byte(at + 1);
  }
  if (byte(at) != 0xE2) return 0;
  const unsigned code = 0x2000U | ((byte(at + 1) & 0x3FU) << 6U) | (byte(at + 2) & 0x3FU);
  length = 3;
  const bool hides = (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return hides ? code : 0;
}

void append_utf8(std::string& out, std::string_view text) {
  std::size_t plain = 0;  // start of what is copied as it stands
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    const unsigned code = c >= 0x80 ? deceiving(text, i, length) : 0;
    if (code == 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
      ++i;
      continue;
    }
    out.append(text, plain, i - plain);
    if (code != 0) {
      append_unicode(out, code);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else {
      append_control(out, c);
    }
    i += length;
    plain = i;
  }
  out.append(text, plain, text.size() - plain);
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  if (is_utf8(text)) {
    append_utf8(out, text);
  } else {
    append_utf8(out, utf8_or_escaped(text));
  }
  out += '"';
}

}  // namespace canaryd::audit
