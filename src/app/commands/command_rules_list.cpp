#include <ostream>
#include <string>
#include <vector>

#include "canaryd/app/cli.hpp"
#include "canaryd/rules/catalog.hpp"
#include "canaryd/rules/embedded.hpp"
#include "commands.hpp"
#include "failed.hpp"
#include "text_table.hpp"

namespace canaryd::app {

int list_rules(std::ostream& out, std::ostream& err) {
  const auto catalog = rules::catalog(rules::embedded());
  if (!catalog) return failed(catalog.error(), err);
  std::vector<std::vector<std::string>> rows{{"FILE", "GROUP", "KIND", "NAME", "FOR", "SEVERITY", "SUMMARY"}};
  for (const auto& rule : *catalog) {
    rows.push_back({rule.file, rule.group, rule.is_alert ? "alert" : "record", rule.name, rule.hold, rule.severity,
                    rules::without_templates(rule.summary)});
  }
  print_table(rows, out);
  return exit_done;
}

}  // namespace canaryd::app
