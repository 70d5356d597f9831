#include "yaml_text.hpp"

#include <algorithm>
#include <string>

#include "canaryd/base/text.hpp"

namespace canaryd::app {
namespace {

Place place_at(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto end = before.rfind('\n');
  const auto line = before.substr(end == std::string_view::npos ? 0 : end + 1);
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1, static_cast<int>(characters(line)) + 1};
}

}  // namespace

std::size_t characters(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

std::optional<Issue> unreadable(std::string_view text) {
  if (text.size() > max_yaml_size) {
    return Issue{
        {},
        "the file has " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(max_yaml_size)};
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
  if (control != text.end()) {
    return Issue{place_at(text, static_cast<std::size_t>(control - text.begin())),
                 "a control character, expected text"};
  }
  if (is_utf8(text)) return std::nullopt;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', start)) {
    if (!is_utf8(text.substr(start, end - start))) break;
    start = end + 1;
  }
  return Issue{place_at(text, start), "bytes on this line that are not UTF-8, expected UTF-8 text"};
}

}  // namespace canaryd::app
