#include "removed.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "parse.hpp"

namespace canaryd::audit {

namespace {

std::optional<std::uint64_t> number(const Record& record, std::string_view name) {
  for (const auto& [key, text] : record.details) {
    if (key != name) continue;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Removed> removed_of(const Record& record) {
  if (record.kind != Kind::lifecycle || record.event != "removed") return std::nullopt;
  const auto first = number(record, "first_seq");
  const auto last = number(record, "last_seq");
  const auto since = number(record, "since_seq");
  if (!first || !last || !since || *since > *first || *first > *last || *last == UINT64_MAX) return std::nullopt;
  Removed removed{*since, *first, *last, {}};
  for (const auto& [key, text] : record.details) {
    if (key == "why") removed.why = text;
  }
  return removed;
}

std::optional<Removed> removed_in(std::string_view line) {
  // Unescaped quotes stand around members only, so this cannot come from a value.
  if (line.find(R"("event":"removed")") == std::string_view::npos) return std::nullopt;
  const auto record = parse_line(line);
  return record ? removed_of(*record) : std::nullopt;
}

void Runs::add(std::uint64_t first, std::uint64_t last) {
  auto at = last_by_first_.upper_bound(first);
  if (at != last_by_first_.begin() && std::prev(at)->second + 1 >= first) at = std::prev(at);
  while (at != last_by_first_.end() && at->first <= last + 1) {
    first = std::min(first, at->first);
    last = std::max(last, at->second);
    at = last_by_first_.erase(at);
  }
  last_by_first_[first] = last;
}

bool Runs::cover(std::uint64_t first, std::uint64_t last) const {
  const auto behind = last_by_first_.upper_bound(first);
  return behind != last_by_first_.begin() && std::prev(behind)->second >= last;
}

}  // namespace canaryd::audit
