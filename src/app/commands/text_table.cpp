#include "text_table.hpp"

#include <algorithm>
#include <ostream>

namespace canaryd::app {

namespace {

const std::string& shown(const std::string& cell) {
  static const std::string none = "-";
  return cell.empty() ? none : cell;
}

}  // namespace

void print_table(const std::vector<std::vector<std::string>>& rows, std::ostream& out) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown(row[i]).size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << shown(row[i]);
      if (i + 1 < row.size()) out << std::string(widths[i] - shown(row[i]).size() + 2, ' ');
    }
    out << "\n";
  }
}

}  // namespace canaryd::app
