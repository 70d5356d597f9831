#include "canaryd/audit/record.hpp"

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

}  // namespace canaryd::audit
