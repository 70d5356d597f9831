#include "anchors_fields.hpp"

#include <nlohmann/json.hpp>

#include "audit/format/base64.hpp"
#include "canaryd/audit/checkpoint.hpp"

namespace canaryd::audit {

namespace {

using nlohmann::json;

constexpr std::string_view field = "checkpoint";
constexpr std::size_t value_limit = 96U << 10U;  // of a value as it stands, with all its escapes

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

std::size_t run_of(char c, std::string_view text) {
  const auto end = text.find_first_not_of(c);
  return end == std::string_view::npos ? text.size() : end;
}

// Some writers of JSON escape characters that need it not: \/ \u002b \u003d.
std::optional<char> escaped_base64(std::string_view& text) {
  auto rest = text.substr(run_of('\\', text));
  if (rest.starts_with('/')) {
    text = rest.substr(1);
    return '/';
  }
  constexpr std::size_t unit_length = 5;  // uXXXX
  if (!rest.starts_with("u00") || rest.size() < unit_length) return std::nullopt;
  const std::string digits(rest.substr(3, 2));
  const char c = digits == "2b" || digits == "2B"   ? '+'
                 : digits == "2f" || digits == "2F" ? '/'
                 : digits == "3d" || digits == "3D" ? '='
                                                    : '\0';
  if (c == '\0') return std::nullopt;
  text = rest.substr(unit_length);
  return c;
}

std::string base64_at(std::string_view text) {
  std::string value;
  while (!text.empty() && value.size() < value_limit) {
    if (is_base64(text.front())) {
      value += text.front();
      text.remove_prefix(1);
    } else if (text.front() == '\\') {
      const auto c = escaped_base64(text);
      if (!c) break;
      value += *c;
    } else {
      break;
    }
  }
  return value;
}

bool is_note(const std::string& text) { return parse_checkpoint(text).has_value(); }

struct Value {
  std::string_view text;        // behind its opening quote
  std::size_t backslashes = 0;  // before that
};

// What stands behind the field's name; nullopt when it is no field.
std::optional<Value> value_behind(std::string_view text) {
  constexpr std::string_view quotes = "\\\"'";
  const auto skip = [&](std::string_view any) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(any)));
  };
  skip(quotes);
  skip(" \t");
  if (text.empty() || (text.front() != ':' && text.front() != '=')) return std::nullopt;
  text.remove_prefix(1);
  skip(" \t");
  Value value{text, run_of('\\', text)};
  skip(quotes);
  value.text = text;
  return value;
}

}  // namespace

std::optional<std::string> unescaped(std::string_view text, std::size_t backslashes) {
  std::size_t levels = 1;
  for (auto left = backslashes; left > 0; left /= 2) ++levels;
  std::size_t end = 0;
  for (;; ++end) {
    end = text.find('"', end);
    if (end == std::string_view::npos) return std::nullopt;
    std::size_t before = 0;
    while (before < end && text[end - before - 1] == '\\') ++before;
    // Deeper in it, quotes have more; a backslash that ends the value itself doubles them.
    if (before == backslashes) break;
    if (backslashes == 0 && before % 2 == 0) break;
  }
  std::string value(text.substr(0, end - backslashes));
  try {
    for (; levels > 0; --levels) {
      value.insert(0, 1, '"').push_back('"');
      value = json::parse(value).get<std::string>();
    }
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return value;
}

void find_in_fields(std::string_view line, const std::function<void(const std::string& note)>& visit,
                    const std::function<void()>& damaged) {
  constexpr std::size_t shortest_note = 100;  // a name, a root and one signature in base64
  for (auto at = line.find(field); at != std::string_view::npos; at = line.find(field, at + 1)) {
    const auto value = value_behind(line.substr(at + field.size()));
    if (!value) continue;
    const auto text = base64_at(value->text);
    if (const auto note = from_base64(text); note && is_note(*note)) {
      visit(*note);
      continue;
    }
    if (const auto note = unescaped(value->text.substr(0, value_limit), value->backslashes); note && is_note(*note)) {
      visit(*note);
    } else if (text.size() >= shortest_note) {
      damaged();
    }
  }
}

}  // namespace canaryd::audit
