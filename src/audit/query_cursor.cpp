#include "query_cursor.hpp"

#include <charconv>

namespace canaryd::audit {

namespace {

constexpr std::size_t longest = 64;
constexpr std::int64_t year_10000 = 253'402'300'800'000'000;  // microseconds: times beyond it cannot be reckoned with

std::string_view take_part(std::string_view& text) {
  const auto dot = text.find('.');
  const auto part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string to_text(const Cursor& cursor) {
  return cursor.log + (cursor.newest_first ? ".n." : ".o.") + std::to_string(cursor.seq) + "." +
         std::to_string(cursor.asked_at.time_since_epoch().count());
}

std::optional<Cursor> read_cursor(std::string_view text) {
  if (text.size() > longest) return std::nullopt;
  const std::string_view whole = text;
  Cursor cursor;
  cursor.log = take_part(text);
  cursor.newest_first = take_part(text) == "n";
  std::int64_t asked_at = 0;
  if (!read(take_part(text), cursor.seq) || !read(take_part(text), asked_at)) return std::nullopt;
  if (asked_at < 0 || asked_at >= year_10000) return std::nullopt;
  cursor.asked_at = WallTime(std::chrono::microseconds(asked_at));
  if (to_text(cursor) != whole) return std::nullopt;
  return cursor;
}

}  // namespace canaryd::audit
