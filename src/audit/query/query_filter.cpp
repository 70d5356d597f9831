#include "canaryd/audit/query_filter.hpp"

#include <algorithm>
#include <array>

#include "audit/format/line.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t max_shown = 64;
constexpr std::size_t max_value = 1024;
constexpr std::size_t max_values = 100;

// In the order of the enumeration.
constexpr std::array<FilterKeyInfo, 12> keys{{
    {FilterKey::ns, "namespace", "The target's namespace"},
    {FilterKey::name, "name", "The target's name"},
    {FilterKey::target, "target", "The target, as NAMESPACE/NAME"},
    {FilterKey::revision, "revision", "A canary or stable revision, or one that an alert names"},
    {FilterKey::action, "action", "Such as rollback, advance, hold"},
    {FilterKey::verdict, "verdict", "act, noop, hold, refuse or retry"},
    {FilterKey::reason, "reason", "A code, such as rolled_back"},
    {FilterKey::alert, "alert", "The name or the fingerprint of an alert"},
    {FilterKey::actor, "actor", "Who asked, such as token:alice"},
    {FilterKey::id, "id", "Of one decision"},
    {FilterKey::kind, "kind", "intent, outcome, decision, confirmed, unconfirmed, received or lifecycle"},
    {FilterKey::event, "event", "Of lifecycle and received, such as start"},
}};

constexpr std::array<std::string_view, 5> verdicts{"act", "noop", "hold", "refuse", "retry"};

tl::unexpected<Error> unexpected(std::string_view key, const std::string& wanted, std::string_view got) {
  return fail(Error::invalid(std::string(key) + ": expected " + wanted + ", got \"" + escaped(got, max_shown) + "\""));
}

std::string kind_names() {
  std::string text;
  for (const Kind kind : all_kinds) text += (text.empty() ? "one of " : ", ") + std::string(name_of(kind));
  return text;
}

// A word that is misspelt in a closed list would find nothing and look like an answer.
Status check_value(const FilterKeyInfo& info, std::string_view value) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (value.empty() || value.size() > max_value || !is_utf8(value) ||
      std::any_of(value.begin(), value.end(), is_control)) {
    return unexpected(info.name, "1 to 1024 bytes of UTF-8 without control characters", value);
  }
  switch (info.key) {
    case FilterKey::target:
      if (value.find('/') == std::string_view::npos && value != "*") {
        return unexpected(info.name, "NAMESPACE/NAME", value);
      }
      return {};
    case FilterKey::kind:
      if (!kind_from(value)) return unexpected(info.name, kind_names(), value);
      return {};
    case FilterKey::verdict:
      if (std::find(verdicts.begin(), verdicts.end(), value) == verdicts.end()) {
        return unexpected(info.name, "one of act, noop, hold, refuse, retry", value);
      }
      return {};
    default:
      return {};
  }
}

Status add_time(std::optional<WallTime>& to, const std::string& key, std::string_view value, WallTime now) {
  if (to) return fail(Error::invalid(key + ": expected once"));
  const auto time = read_time(value, now);
  if (!time) return fail(Error::invalid(key + ": " + time.error().message));
  to = *time;
  return {};
}

Status add_values(Filter& filter, const FilterKeyInfo& info, std::string_view values) {
  auto& patterns = filter.patterns[info.key];
  for (bool more = true; more;) {
    const auto comma = values.find(',');
    const auto value = values.substr(0, comma);
    if (auto good = check_value(info, value); !good) return good;
    if (patterns.size() == max_values)
      return fail(Error::invalid(std::string(info.name) + ": expected at most 100 values"));
    patterns.emplace_back(std::string(value));
    more = comma != std::string_view::npos;
    if (more) values.remove_prefix(comma + 1);
  }
  return {};
}

Status add_condition(Filter& filter, const std::string& key, std::string_view value, WallTime now) {
  if (key == "since") return add_time(filter.since, key, value, now);
  if (key == "until") return add_time(filter.until, key, value, now);
  const auto* info = std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.name == key; });
  if (info != keys.end()) return add_values(filter, *info, value);
  std::string known = "since, until";
  for (const auto& each : keys) known += std::string(", ") + each.name;
  return fail(Error::invalid("unknown key \"" + escaped(key, max_shown) + "\", expected one of " + known));
}

}  // namespace

std::span<const FilterKeyInfo> filter_keys() { return keys; }

Result<Filter> read_filter(const std::vector<std::pair<std::string, std::string>>& conditions, WallTime now) {
  Filter filter;
  for (const auto& [key, value] : conditions) {
    if (auto added = add_condition(filter, key, value, now); !added) return fail(added.error());
  }
  if (filter.since && filter.until && *filter.since >= *filter.until) {
    return fail(Error::invalid("since: expected a time before that of until"));
  }
  return filter;
}

}  // namespace canaryd::audit
