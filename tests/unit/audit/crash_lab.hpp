#pragma once

#include <set>
#include <string>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "lab.hpp"

namespace canaryd::audit::test {

// What was said of each intent before the crash.
struct Told {
  std::set<std::string> begun;
  std::set<std::string> acknowledged;

  void append(AuditLog& log, const std::string& id) {
    begun.insert(id);
    if (log.append(intent(id))) acknowledged.insert(id);
  }
};

// The intents in these lines; their ids have one letter.
inline std::set<std::string> ids_in(const std::vector<std::string>& lines) {
  std::set<std::string> ids;
  for (const auto& line : lines) {
    const auto at = line.find("\"kind\":\"intent\",\"id\":\"");
    if (at != std::string::npos) ids.insert(line.substr(at + 22, 1));
  }
  return ids;
}

}  // namespace canaryd::audit::test
