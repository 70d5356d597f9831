#include "rule_text.hpp"

#include <string_view>

namespace canaryd::app {

std::string joined(std::span<const rules::File> files) {
  std::string groups;
  for (const auto& file : files) {
    groups += "\n# " + std::string(file.name) + "\n";
    bool in_groups = false;
    for (std::string_view rest = file.text; !rest.empty();) {
      const auto end = rest.find('\n');
      const auto line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (line == "groups:" && !in_groups) {
        in_groups = true;
      } else {
        groups.append(line).append("\n");
      }
    }
  }
  return "groups:\n" + groups;
}

}  // namespace canaryd::app
