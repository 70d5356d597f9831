#include <algorithm>
#include <ostream>
#include <vector>

#include "audit_query_output.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::app {

namespace {

using Row = std::vector<std::string>;

constexpr std::size_t rows_together = 200;

std::string percent_text(int percent) { return percent < 0 ? "none" : std::to_string(percent) + "%"; }

std::string percents(const audit::Record& record) {
  std::string text;
  for (const auto& change : record.changes) {
    text += (text.empty() ? "" : ",") + percent_text(change.percent_before) + "->" + percent_text(change.percent_after);
  }
  return text;
}

Row row_of(const audit::Match& match) {
  const auto& record = *match.record;
  return {escaped(match.time),
          name_of(record.kind),
          record.target ? escaped(record.target->ns + "/" + record.target->name) : std::string(),
          escaped(record.action.empty() ? record.event : record.action),
          escaped(record.verdict),
          escaped(record.reason),
          percents(record),
          escaped(record.actor.empty() ? record.peer : record.actor),
          escaped(record.id)};
}

class Table final : public QueryOutput {
 public:
  explicit Table(std::ostream& out) : out_(out) {}

  bool needs_record() const override { return true; }
  void print(const audit::Match& match) override {
    if (widths_.empty()) add({"TIME", "KIND", "TARGET", "ACTION", "VERDICT", "REASON", "PERCENT", "WHO", "ID"});
    add(row_of(match));
    if (rows_.size() >= rows_together) flush();
  }
  void finish() override { flush(); }

 private:
  void add(Row row) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) row[i] = "-";  // so that a program can take the columns apart by their spaces
      widths_[i] = std::max(widths_[i], row[i].size());
    }
    rows_.push_back(std::move(row));
  }

  void flush() {
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i + 1 < row.size(); ++i) {
        out_ << row[i] << std::string(widths_[i] - row[i].size() + 2, ' ');
      }
      out_ << row.back() << "\n";
    }
    rows_.clear();
  }

  std::ostream& out_;
  std::vector<Row> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace

std::unique_ptr<QueryOutput> table_output(std::ostream& out) { return std::make_unique<Table>(out); }

}  // namespace canaryd::app
