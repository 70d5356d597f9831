#include <algorithm>

#include "canaryd/audit/query_filter.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

bool any(const std::vector<Pattern>& patterns, std::string_view value) {
  return !value.empty() &&
         std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& each) { return each.matches(value); });
}

// What the patch changed, what an alert is about, and what others did.
bool names_revision(const std::vector<Pattern>& wanted, const Record& record) {
  for (const auto& change : record.changes) {
    if (any(wanted, change.canary) || any(wanted, change.stable)) return true;
  }
  for (const auto& alert : record.alerts) {
    if (const auto* revision = find(alert.labels, "revision"); revision != nullptr && any(wanted, *revision))
      return true;
  }
  const auto* revision = find(record.details, "revision");
  return revision != nullptr && any(wanted, *revision);
}

bool names_alert(const std::vector<Pattern>& wanted, const Record& record) {
  return std::any_of(record.alerts.begin(), record.alerts.end(),
                     [&](const AlertRef& alert) { return any(wanted, alert.name) || any(wanted, alert.fingerprint); });
}

bool holds(FilterKey key, const std::vector<Pattern>& wanted, const Record& record) {
  const auto* target = record.target ? &*record.target : nullptr;
  switch (key) {
    case FilterKey::ns:
      return target != nullptr && any(wanted, target->ns);
    case FilterKey::name:
      return target != nullptr && any(wanted, target->name);
    case FilterKey::target:
      return target != nullptr && any(wanted, target->ns + "/" + target->name);
    case FilterKey::revision:
      return names_revision(wanted, record);
    case FilterKey::action:
      return any(wanted, record.action);
    case FilterKey::verdict:
      return any(wanted, record.verdict);
    case FilterKey::reason:
      return any(wanted, record.reason);
    case FilterKey::alert:
      return names_alert(wanted, record);
    case FilterKey::actor:
      return any(wanted, record.actor);
    case FilterKey::id:
      return any(wanted, record.id);
    case FilterKey::kind:
      return any(wanted, name_of(record.kind));
    case FilterKey::event:
      return any(wanted, record.event);
  }
  return false;
}

bool is_within(const std::vector<std::string>& namespaces, const Record& record) {
  if (namespaces.empty()) return true;
  return record.target && std::find(namespaces.begin(), namespaces.end(), record.target->ns) != namespaces.end();
}

}  // namespace

// Goes back to the last * only: one that is further left has nothing to gain from a longer run.
bool Pattern::matches(std::string_view value) const {
  std::size_t at = 0;
  std::size_t star = std::string::npos;
  std::size_t resume = 0;
  for (std::size_t i = 0; i < value.size();) {
    if (at < text_.size() && text_[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < text_.size() && text_[at] == value[i]) {
      ++at;
      ++i;
    } else if (star != std::string::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  return text_.find_first_not_of('*', at) == std::string::npos;
}

bool matches(const Filter& filter, std::string_view time, const Record& record) {
  // All of one form and length: their order as text is that of the times.
  if (filter.since && time < to_rfc3339(*filter.since)) return false;
  if (filter.until && time >= to_rfc3339(*filter.until)) return false;
  return is_within(filter.namespaces, record) &&
         std::all_of(filter.patterns.begin(), filter.patterns.end(),
                     [&](const auto& each) { return holds(each.first, each.second, record); });
}

}  // namespace canaryd::audit
