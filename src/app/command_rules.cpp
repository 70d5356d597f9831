#include <algorithm>
#include <ostream>

#include "canaryd/app/cli.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/rules/embedded.hpp"
#include "commands.hpp"
#include "nearest.hpp"
#include "rule_text.hpp"

namespace canaryd::app {

int print_rules(const std::vector<std::string>& names, std::ostream& out, std::ostream& err) {
  const auto all = rules::embedded();
  std::vector<rules::File> wanted;
  for (const auto& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const rules::File& file) { return file.name == name; });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const auto& file : all) known.emplace_back(file.name);
      err << "canaryd: no rule file \"" << escaped(name) << "\", expected " << one_of(known) << "\n";
      return exit_usage;
    }
    const bool again = std::any_of(wanted.begin(), wanted.end(), [&](const auto& file) { return file.name == name; });
    if (!again) wanted.push_back(*found);
  }
  if (names.empty()) wanted.assign(all.begin(), all.end());
  if (wanted.size() == 1) {
    out << wanted.front().text;
  } else {
    out << joined(wanted);
  }
  return exit_done;
}

}  // namespace canaryd::app
