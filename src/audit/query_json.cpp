#include "query_json.hpp"

#include <array>
#include <cstddef>

namespace canaryd::audit {

namespace {

constexpr int deepest = 16;
constexpr std::size_t most_digits = 18;

// What stands for itself inside a string.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c) table.at(c) = c != '"' && c != '\\';
  return table;
}();

class Walk {
 public:
  explicit Walk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool value(int depth) {
    if (at_ == end_ || depth > deepest) return false;
    switch (*at_) {
      case '"':
        return string();
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return integer();
    }
  }
  bool at_end() const { return at_ == end_; }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  bool object(int depth) {
    ++at_;
    if (take('}')) return true;
    do {
      if (!string() || !take(':') || !value(depth + 1)) return false;
    } while (take(','));
    return take('}');
  }
  bool array(int depth) {
    ++at_;
    if (take(']')) return true;
    do {
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(']');
  }
  bool integer() {
    take('-');
    const char* const first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    const auto digits = static_cast<std::size_t>(at_ - first);
    return digits > 0 && digits <= most_digits && (digits == 1 || *first != '0');
  }
  bool string() {
    if (!take('"')) return false;
    for (;;) {
      while (at_ != end_ && plain[static_cast<unsigned char>(*at_)]) ++at_;
      if (take('"')) return true;
      if (!take('\\') || !escape()) return false;
    }
  }
  // Halves of surrogate pairs are left to a parser.
  bool escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view(R"("\/bfnrt)").find(c) != std::string_view::npos;
    if (end_ - at_ < 4 || at_[0] == 'd' || at_[0] == 'D') return false;
    const std::string_view digits(at_, 4);
    at_ += 4;
    return digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

bool is_plain_json(std::string_view text) {
  Walk walk(text);
  return walk.value(0) && walk.at_end();
}

}  // namespace canaryd::audit
