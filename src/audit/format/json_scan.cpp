#include "json_scan.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "byte_scan.hpp"

namespace canaryd::audit {

namespace {

using Byte = unsigned char;

// Within a string: bytes that need no look.
constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t i = 0x20; i < 0x80; ++i) plain[i] = i != '"' && i != '\\';
  return plain;
}
constexpr auto plain = plain_bytes();

bool is_digit(Byte c) { return c >= '0' && c <= '9'; }
bool is_hex(Byte c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
unsigned hex_value(Byte c) {
  if (is_digit(c)) return c - '0';
  return (c | 0x20U) - 'a' + 10;
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::optional<Misfit> object() {
    space();
    if (!take('{')) return Misfit{at_, "expected a JSON object"};
    push(true);
    if (!members()) return Misfit{at_, what_};
    space();
    if (at_ != text_.size()) return Misfit{at_, "expected the end of the JSON object"};
    return std::nullopt;
  }

 private:
  Byte peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? static_cast<Byte>(text_[at_ + ahead]) : Byte{0};
  }
  bool take(char expected) {
    if (at_ >= text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }
  void space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool wrong(const char* what) {
    what_ = what;
    return false;
  }

  // Which of the open ones are objects stands in the bits of a number.
  bool push(bool object) {
    if (depth_ == json_depth_limit) return wrong("not JSON: too deep");
    inside_ = (inside_ << 1U) | (object ? 1U : 0U);
    ++depth_;
    return true;
  }
  bool in_object() const { return (inside_ & 1U) != 0; }
  void pop() {
    inside_ >>= 1U;
    --depth_;
  }

  // From behind the first brace to behind the last one.
  bool members() {
    bool first = true;
    while (depth_ > 0) {
      space();
      const char end = in_object() ? '}' : ']';
      if (take(end)) {
        pop();
        first = false;
        continue;
      }
      if (!first && !take(',')) return wrong("not JSON: expected a comma or an end");
      if (!first) space();
      if (in_object() && !key()) return false;
      bool opened = false;
      if (!value(opened)) return false;
      first = opened;
    }
    return true;
  }

  bool key() {
    if (peek() != '"') return wrong("not JSON: expected a member's name");
    if (!string()) return false;
    space();
    if (!take(':')) return wrong("not JSON: expected a colon");
    space();
    return true;
  }

  bool value(bool& opened) {
    switch (peek()) {
      case '{':
      case '[':
        opened = true;
        return push(text_[at_++] == '{');
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return wrong("not JSON: expected a value");
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return wrong("not JSON: expected a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    const auto start = at_;
    take('-');
    if (!is_digit(peek())) return wrong("not JSON: expected a value");
    if (!take('0') && !digits()) return false;
    bool exponent = false;
    if (take('.') && !digits()) return false;
    if (peek() == 'e' || peek() == 'E') {
      exponent = true;
      ++at_;
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    constexpr std::size_t longest_finite = 300;
    if (!exponent && at_ - start < longest_finite) return true;
    const std::string text(text_.substr(start, at_ - start));
    return std::isfinite(std::strtod(text.c_str(), nullptr)) ? true : wrong("not JSON: too large a number");
  }

  void skip_plain() {
    while (at_ + eight::width <= text_.size()) {
      const auto bytes = eight::load(text_, at_);
      if (((bytes & eight::highs) | eight::below(bytes, 0x20) | eight::equal(bytes, '"') | eight::equal(bytes, '\\')) !=
          0) {
        break;
      }
      at_ += eight::width;
    }
    while (at_ < text_.size() && plain[static_cast<Byte>(text_[at_])]) ++at_;
  }

  bool string() {
    ++at_;
    for (;;) {
      skip_plain();
      if (at_ == text_.size()) return wrong("not JSON: a text without its end");
      const Byte c = peek();
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
      } else if (c < 0x20) {
        return wrong("not JSON: a control character in a text");
      } else if (!character()) {
        return wrong("not JSON: not UTF-8");
      }
    }
  }

  bool escape() {
    constexpr std::string_view single = "\"\\/bfnrt";
    const Byte c = peek(1);
    if (c != 0 && single.find(static_cast<char>(c)) != std::string_view::npos) {
      at_ += 2;
      return true;
    }
    const auto unit = code_unit(0);
    if (!unit) return wrong("not JSON: no such escape");
    const bool high = *unit >= 0xD800 && *unit < 0xDC00;
    if (*unit >= 0xDC00 && *unit < 0xE000) return wrong("not JSON: half of a surrogate pair");
    if (high) {
      const auto low = code_unit(6);
      if (!low || *low < 0xDC00 || *low >= 0xE000) return wrong("not JSON: half of a surrogate pair");
    }
    at_ += high ? 12 : 6;
    return true;
  }

  // Of \uXXXX.
  std::optional<unsigned> code_unit(std::size_t ahead) const {
    if (peek(ahead) != '\\' || peek(ahead + 1) != 'u') return std::nullopt;
    unsigned unit = 0;
    for (std::size_t i = 2; i < 6; ++i) {
      if (!is_hex(peek(ahead + i))) return std::nullopt;
      unit = unit * 16 + hex_value(peek(ahead + i));
    }
    return unit;
  }

  // One character of more than one byte: no overlong form, no surrogate, nothing beyond U+10FFFF.
  bool character() {
    const Byte lead = peek();
    std::size_t more = 0;
    Byte low = 0x80;
    Byte high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    for (std::size_t i = 1; i <= more; ++i) {
      if (peek(i) < low || peek(i) > high) return false;
      low = 0x80;
      high = 0xBF;
    }
    at_ += more + 1;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t inside_ = 0;
  unsigned depth_ = 0;
  const char* what_ = "";
};

}  // namespace

std::optional<Misfit> not_an_object(std::string_view line) { return Scan(line).object(); }

}  // namespace canaryd::audit
