#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "canaryd/app/cli.hpp"
#include "canaryd/rules/catalog.hpp"
#include "canaryd/rules/embedded.hpp"
#include "commands.hpp"

namespace canaryd::app {
namespace {

using Row = std::array<std::string, 7>;

Row row_of(const rules::Rule& rule) {
  Row row{rule.file, rule.group,    rule.is_alert ? "alert" : "record",    rule.name,
          rule.hold, rule.severity, rules::without_templates(rule.summary)};
  // No cell is empty, so that a program can take the columns apart by their spaces.
  for (auto& cell : row) {
    if (cell.empty()) cell = "-";
  }
  return row;
}

void print_table(const std::vector<Row>& rows, std::ostream& out) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths.at(i) = std::max(widths.at(i), row.at(i).size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out << row.at(i) << std::string(widths.at(i) - row.at(i).size() + 2, ' ');
    }
    out << row.back() << "\n";
  }
}

}  // namespace

int list_rules(std::ostream& out, std::ostream& err) {
  const auto catalog = rules::catalog(rules::embedded());
  if (!catalog) {
    err << "canaryd: " << catalog.error().message << "\n";
    return exit_failed;
  }
  std::vector<Row> rows{{"FILE", "GROUP", "KIND", "NAME", "FOR", "SEVERITY", "SUMMARY"}};
  for (const auto& rule : *catalog) rows.push_back(row_of(rule));
  print_table(rows, out);
  return exit_done;
}

}  // namespace canaryd::app
