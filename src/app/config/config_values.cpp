#include "config_values.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "canaryd/base/number.hpp"
#include "canaryd/base/strong.hpp"

namespace canaryd::app {
namespace {

constexpr std::array size_units{"KiB", "MiB", "GiB", "TiB"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

bool is_label_text(std::string_view text) {
  const auto inner = [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.'; };
  const auto outer = [](char c) { return is_digit(c) || is_letter(c); };
  return !text.empty() && text.size() <= 63 && outer(text.front()) && outer(text.back()) &&
         std::all_of(text.begin(), text.end(), inner);
}

bool is_ip(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::optional<std::uint64_t> plain_whole(std::string_view text) {
  if (!all_digits(text) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return number_from<std::uint64_t>(text);
}

std::optional<double> plain_decimal(std::string_view text) {
  const auto point = text.find('.');
  const auto head = text.substr(0, point);
  if (!all_digits(head) || (head.size() > 1 && head.front() == '0')) return std::nullopt;
  if (point != std::string_view::npos && !all_digits(text.substr(point + 1))) return std::nullopt;
  return number_from<double>(text);
}

std::optional<std::uint64_t> plain_size(std::string_view text) {
  for (std::size_t i = 0; i < size_units.size(); ++i) {
    if (!text.ends_with(size_units.at(i))) continue;
    const auto value = plain_whole(text.substr(0, text.size() - 3));
    const std::size_t shift = 10 * (i + 1);
    if (!value || *value == 0 || *value > (UINT64_MAX >> shift)) return std::nullopt;
    return *value << shift;
  }
  return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  std::size_t unit = 0;
  while (unit < size_units.size() && bytes >= 1024 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + (unit == 0 ? " bytes" : size_units.at(unit - 1));
}

bool reads_as_flag(std::string_view text) {
  static constexpr std::array words{"true", "True", "TRUE", "false", "False", "FALSE"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool reads_as_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  static constexpr std::array special{".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
  if (std::find(special.begin(), special.end(), text) != special.end()) return true;
  const auto in_base = [&](std::string_view digits) {
    return text.size() > 2 && text.find_first_not_of(digits, 2) == std::string_view::npos;
  };
  if (text.starts_with("0x")) return in_base("0123456789abcdefABCDEF_");
  if (text.starts_with("0o")) return in_base("01234567_");
  double value = 0;
  std::string digits(text);
  std::erase(digits, '_');
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error != std::errc::invalid_argument && end == digits.data() + digits.size();
}

bool is_name_pattern(const std::string& text) {
  if (text.empty() || text.size() > 253) return false;
  bool in_brackets = false;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[') {
      if (in_brackets) return false;
      in_brackets = true;
      opened = i;
    } else if (c == ']') {
      if (!in_brackets || i == opened + 1) return false;
      in_brackets = false;
    } else if (c == '!') {
      if (!in_brackets || i != opened + 1) return false;
    } else if (c == '*' || c == '?') {
      if (in_brackets) return false;
    } else if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '.') {
      return false;
    }
  }
  return !in_brackets;
}

bool is_label_name(const std::string& text) {
  if (text.empty() || is_digit(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '_'; });
}

bool is_kubernetes_label_key(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return is_label_text(text);
  return is_dns_subdomain(text.substr(0, slash)) && is_label_text(std::string_view(text).substr(slash + 1));
}

bool is_kubernetes_label_value(const std::string& text) { return text.empty() || is_label_text(text); }

bool is_subject_alt_name(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon + 1 == text.size() || !is_printable_ascii(text)) return false;
  const std::string kind = text.substr(0, colon);
  const std::string name = text.substr(colon + 1);
  if (kind == "ip") return is_ip(name);
  if (kind == "uri") return name.find(':') != std::string::npos;
  if (kind == "email") return name.find('@') != std::string::npos;
  // A wildcard would admit names that nobody listed.
  return kind == "dns" && name.find('*') == std::string::npos;
}

bool is_path(const std::string& text) {
  return !text.empty() && text.front() != '~' && text.find('\0') == std::string::npos && text.back() != '/';
}

}  // namespace canaryd::app
