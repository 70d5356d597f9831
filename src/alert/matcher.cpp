#include "canaryd/alert/matcher.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "canaryd/base/text.hpp"

namespace canaryd::alert {

struct Matcher::Pattern {
  explicit Pattern(const std::string& text, const RE2::Options& options) : expression(text, options) {}
  RE2 expression;
};

namespace {

constexpr std::string_view blanks = " \t\n\f\r";
constexpr std::size_t max_text = 4096;
// What one expression may take; RE2 falls back to a slower search when its automaton would need more.
constexpr std::int64_t max_expression_memory = 1 << 20;

RE2::Options expression_options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_expression_memory);
  return options;
}

tl::unexpected<Error> bad(std::string_view text, const std::string& expected) {
  return fail(Error::invalid("matcher \"" + escaped(text, 128) + "\": expected " + expected));
}

bool is_name_char(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return letter || (!first && c >= '0' && c <= '9');
}

// Cuts the label's name off the front of `rest`; empty when there is none.
std::string_view take_name(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && is_name_char(rest[length], length == 0)) ++length;
  const std::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

std::string_view take_operator(std::string_view& rest) {
  for (const std::string_view op : {"=~", "!~", "!=", "="}) {
    if (rest.substr(0, op.size()) != op) continue;
    rest.remove_prefix(op.size());
    return op;
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// A value as Alertmanager's classic parser reads it: quotes around it are optional; \n, \" and \\ are escapes, any
// other backslash stands for itself (so that regular expressions need no doubling). nullopt: a quote stands where none
// may.
std::optional<std::string> unquoted(std::string_view raw) {
  const bool quoted = !raw.empty() && raw.front() == '"';
  if (quoted) raw.remove_prefix(1);
  std::string value;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '"') {
      if (quoted && i + 1 == raw.size()) return value;
      return std::nullopt;
    }
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      value += raw[i];
      continue;
    }
    ++i;
    if (raw[i] == 'n') {
      value += '\n';
    } else if (raw[i] == '"' || raw[i] == '\\') {
      value += raw[i];
    } else {
      value += '\\';
      value += raw[i];
    }
  }
  if (quoted) return std::nullopt;
  return value;
}

}  // namespace

Result<Matcher> Matcher::parse(std::string_view text) {
  if (text.size() > max_text) return bad(text, "at most " + std::to_string(max_text) + " bytes");
  if (!is_utf8(text)) return bad(text, "UTF-8");
  std::string_view rest = trimmed(text);
  Matcher matcher;
  matcher.text_ = text;
  matcher.label_ = take_name(rest);
  if (matcher.label_.empty()) return bad(text, "a label's name, then =, !=, =~ or !~, then a value");
  rest = trimmed(rest);
  const std::string_view op = take_operator(rest);
  if (op.empty()) return bad(text, "=, !=, =~ or !~ after the label's name");
  const std::optional<std::string> value = unquoted(trimmed(rest));
  if (!value) return bad(text, "a value in double quotes, a quote inside it written \\\"");
  matcher.value_ = *value;
  if (op == "=" || op == "!=") {
    matcher.op_ = op == "=" ? Op::equal : Op::not_equal;
    return matcher;
  }
  matcher.op_ = op == "=~" ? Op::match : Op::not_match;
  // Alone first: `a)|(b` would close the group that anchors it.
  const RE2 alone(*value, expression_options());
  if (!alone.ok()) return bad(text, "a regular expression of RE2: " + alone.error());
  auto pattern = std::make_shared<const Pattern>("^(?:" + *value + ")$", expression_options());
  if (!pattern->expression.ok()) return bad(text, "a regular expression of RE2: " + pattern->expression.error());
  matcher.pattern_ = std::move(pattern);
  return matcher;
}

bool Matcher::matches(const Labels& labels) const {
  const auto found = labels.find(label_);
  const std::string_view value = found == labels.end() ? std::string_view() : std::string_view(found->second);
  switch (op_) {
    case Op::equal:
      return value == value_;
    case Op::not_equal:
      return value != value_;
    case Op::match:
      return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), pattern_->expression);
    case Op::not_match:
      return !RE2::FullMatch(re2::StringPiece(value.data(), value.size()), pattern_->expression);
  }
  return false;
}

bool all_match(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&labels](const Matcher& m) { return m.matches(labels); });
}

}  // namespace canaryd::alert
