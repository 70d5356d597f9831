#include "query_screen.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view before_seq = "{\"seq\":";
constexpr std::string_view before_time = ",\"time\":\"";
constexpr std::size_t time_length = 27;  // "2026-08-01T12:00:00.123456Z"

std::string in_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// What every line that the pattern matches must contain; empty: it may be any.
std::string needle_of(const Pattern& pattern) {
  if (pattern.is_literal()) return in_json(pattern.text());
  std::string_view rest = pattern.text();
  std::string_view longest;
  for (;;) {
    const auto star = rest.find('*');
    const auto part = rest.substr(0, star);
    if (part.size() > longest.size()) longest = part;
    if (star == std::string_view::npos) break;
    rest.remove_prefix(star + 1);
  }
  const auto quoted = in_json(longest);
  return quoted.substr(1, quoted.size() - 2);
}

// NAMESPACE/NAME stands in no line as such: its name does.
std::string needle_of_target(const Pattern& pattern) {
  const auto slash = pattern.text().rfind('/');
  return slash == std::string::npos ? std::string() : needle_of(Pattern(pattern.text().substr(slash + 1)));
}

// Faster than string_view::find, which stops at each first character: in JSON that is often a quote.
bool contains(std::string_view line, const std::string& needle) {
  return ::memmem(line.data(), line.size(), needle.data(), needle.size()) != nullptr;
}

}  // namespace

std::optional<LineStart> line_start(std::string_view line) {
  if (!line.starts_with(before_seq)) return std::nullopt;
  LineStart start;
  const char* const end = line.data() + line.size();
  const auto [behind, error] = std::from_chars(line.data() + before_seq.size(), end, start.seq);
  if (error != std::errc()) return std::nullopt;
  const auto rest = line.substr(static_cast<std::size_t>(behind - line.data()));
  if (!rest.starts_with(before_time)) return std::nullopt;
  start.time = rest.substr(before_time.size(), time_length);
  if (start.time.size() != time_length || start.time.back() != 'Z') return std::nullopt;
  return start;
}

Screen::Screen(const Filter& filter)
    : since_(filter.since ? to_rfc3339(*filter.since) : std::string()),
      until_(filter.until ? to_rfc3339(*filter.until) : std::string()) {
  const auto add = [this](Texts needles) {
    const bool any_line = std::any_of(needles.begin(), needles.end(), [](const auto& each) { return each.empty(); });
    if (any_line) needles.clear();
    any_of_.push_back(std::move(needles));
  };
  for (const auto& [key, patterns] : filter.patterns) {
    Texts needles;
    for (const auto& pattern : patterns) {
      needles.push_back(key == FilterKey::target ? needle_of_target(pattern) : needle_of(pattern));
    }
    add(std::move(needles));
  }
  if (filter.namespaces.empty()) return;
  Texts needles;
  for (const auto& each : filter.namespaces) needles.push_back(in_json(each));
  add(std::move(needles));
}

bool Screen::may_match(std::string_view line) const {
  return std::all_of(any_of_.begin(), any_of_.end(), [&](const Texts& needles) {
    return needles.empty() ||
           std::any_of(needles.begin(), needles.end(), [&](const auto& needle) { return contains(line, needle); });
  });
}

}  // namespace canaryd::audit
