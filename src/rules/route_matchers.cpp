#include "route_matchers.hpp"

#include <algorithm>
#include <optional>

#include "canaryd/base/text.hpp"

namespace canaryd::rules::route {
namespace {

using Op = alert::Matcher::Op;

// The literal value that one alternative of a regular expression stands for; with `wild`, "x" for `.*` and `.+`.
std::optional<std::string> literal(std::string_view pattern, bool wild) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (wild && c == '.' && (next == '*' || next == '+')) {
      out += 'x';
      ++i;
    } else if (c == '\\' && std::string_view(".-_/:+*?()[]{}|\\").find(next) != std::string_view::npos &&
               next != '\0') {
      out += next;
      ++i;
    } else if (std::string_view("\\.*+?()[]{}^$|").find(c) != std::string_view::npos) {
      return std::nullopt;
    } else {
      out += c;
    }
  }
  return out;
}

// Without what anchors it or groups it as a whole.
std::string_view unwrapped(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  if (pattern.ends_with('$') && !pattern.ends_with("\\$")) pattern.remove_suffix(1);
  const std::size_t open = pattern.starts_with("(?:") ? 3 : pattern.starts_with('(') ? 1 : 0;
  if (open == 0 || pattern.find(')') != pattern.size() - 1) return pattern;
  return pattern.substr(open, pattern.size() - open - 1);
}

// The alternatives on the outermost level.
std::vector<std::string_view> alternatives(std::string_view pattern) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  int depth = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      --depth;
    } else if (c == '|' && depth == 0) {
      out.push_back(pattern.substr(from, i - from));
      from = i + 1;
    }
  }
  out.push_back(pattern.substr(from));
  return out;
}

// Cuts at the commas outside of quotes, as Alertmanager's classic parser does.
std::vector<std::string> tokens_of(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  std::vector<std::string> tokens(1);
  bool quoted = false;
  bool after_backslash = false;
  for (const char c : text) {
    if (c == ',' && !quoted) {
      tokens.emplace_back();
      continue;
    }
    if (c == '"' && !after_backslash) quoted = !quoted;
    after_backslash = c == '\\' && !after_backslash;
    tokens.back() += c;
  }
  if (tokens.back().find_first_not_of(" \t\n\f\r") == std::string::npos) tokens.pop_back();
  return tokens;
}

}  // namespace

std::string text_of(const std::string& label, Op op, const std::string& value) {
  const char* const sign = op == Op::equal ? "=" : op == Op::not_equal ? "!=" : op == Op::match ? "=~" : "!~";
  std::string out = label + sign + "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string text_of(const alert::Matcher& matcher) { return text_of(matcher.label(), matcher.op(), matcher.value()); }

std::string shown(const alert::Matcher& matcher) {
  const std::string empty = text_of(matcher.label(), matcher.op(), "");
  return empty.substr(0, empty.size() - 1) + escaped(matcher.value(), 256) + "\"";
}

std::string those(const std::vector<alert::Matcher>& only) {
  std::string out;
  for (const auto& matcher : only) out += (out.empty() ? "those with " : ", ") + shown(matcher);
  return out.empty() ? "them" : out;
}

Result<std::vector<alert::Matcher>> parse_matchers(std::string_view text) {
  std::vector<alert::Matcher> out;
  for (const auto& token : tokens_of(text)) {
    auto matcher = alert::Matcher::parse(token);
    if (!matcher) return fail(std::move(matcher.error()));
    out.push_back(std::move(*matcher));
  }
  return out;
}

std::vector<std::string> named_values(const alert::Matcher& matcher) {
  if (matcher.op() == Op::equal || matcher.op() == Op::not_equal) {
    return matcher.value().empty() ? std::vector<std::string>{} : std::vector<std::string>{matcher.value()};
  }
  std::vector<std::string> out;
  for (const auto alternative : alternatives(unwrapped(matcher.value()))) {
    const auto value = literal(alternative, true);
    if (value && !value->empty()) out.push_back(*value);
  }
  return out;
}

std::optional<std::vector<std::string>> literal_values(const std::string& pattern) {
  std::vector<std::string> out;
  for (const auto alternative : alternatives(unwrapped(pattern))) {
    auto value = literal(alternative, false);
    if (!value) return std::nullopt;
    out.push_back(std::move(*value));
  }
  return out;
}

std::optional<std::vector<std::string>> only_values(const alert::Matcher& matcher) {
  if (matcher.op() == Op::equal) return std::vector<std::string>{matcher.value()};
  if (matcher.op() == Op::match) return literal_values(matcher.value());
  return std::nullopt;
}

bool value_passes(const std::vector<alert::Matcher>& matchers, const std::string& label, const std::string& value) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const alert::Matcher& matcher) {
    return matcher.label() != label || matcher.matches({{label, value}});
  });
}

}  // namespace canaryd::rules::route
