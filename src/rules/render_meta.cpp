#include "render_meta.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace canaryd::rules {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_dns_label(std::string_view text, std::size_t limit = 63) {
  return !text.empty() && text.size() <= limit && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

// Its parts are bounded by the whole only, as in Kubernetes.
bool is_dns_subdomain(std::string_view text) {
  if (text.size() > 253) return false;
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_dns_label(text.substr(0, dot), 253)) return false;
    text.remove_prefix(dot + 1);
  }
  return is_dns_label(text, 253);
}

// A label's value, and its key behind the prefix.
bool is_label_word(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_label_key(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return is_label_word(text);
  return is_dns_subdomain(text.substr(0, slash)) && is_label_word(text.substr(slash + 1));
}

tl::unexpected<Error> refused(std::string_view what, std::string_view expected, std::string_view got) {
  return fail(Error::invalid(std::string(what) + ": expected " + std::string(expected) + ", got " + std::string(got)));
}

}  // namespace

Status check(const ObjectMeta& meta) {
  if (!is_dns_subdomain(meta.name)) {
    return refused("name", "a DNS name of a-z, 0-9, '-' and '.', at most 253 characters", meta.name);
  }
  if (!meta.namespace_name.empty() && !is_dns_label(meta.namespace_name)) {
    return refused("namespace", "a DNS label of a-z, 0-9 and '-', at most 63 characters", meta.namespace_name);
  }
  for (auto label = meta.labels.begin(); label != meta.labels.end(); ++label) {
    const auto& [key, value] = *label;
    if (!is_label_key(key)) return refused("label", "a key such as release or example.com/team", key);
    if (!value.empty() && !is_label_word(value)) {
      return refused("label " + key, "letters, digits, '-', '_' and '.', at most 63 characters", value);
    }
    const auto same_key = [&](const auto& other) { return other.first == key; };
    if (std::any_of(meta.labels.begin(), label, same_key)) return refused("label " + key, "each key once", "it twice");
  }
  return {};
}

}  // namespace canaryd::rules
