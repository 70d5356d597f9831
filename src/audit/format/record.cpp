#include "canaryd/audit/record.hpp"

#include <algorithm>
#include <string_view>

#include "line.hpp"

namespace canaryd::audit {

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::intent:
      return "intent";
    case Kind::outcome:
      return "outcome";
    case Kind::decision:
      return "decision";
    case Kind::confirmed:
      return "confirmed";
    case Kind::unconfirmed:
      return "unconfirmed";
    case Kind::received:
      return "received";
    case Kind::lifecycle:
      return "lifecycle";
  }
  return "";
}

std::optional<Kind> kind_from(std::string_view name) {
  for (const Kind kind : all_kinds) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

const std::string* find(const Pairs& pairs, std::string_view name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? nullptr : &found->second;
}

std::string detail_of(const Record& record, std::string_view name) {
  const auto* value = find(record.details, name);
  return value != nullptr ? *value : std::string();
}

}  // namespace canaryd::audit
