#include <algorithm>
#include <array>
#include <ostream>

#include "audit_query_output.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::app {

namespace {

constexpr std::string_view end_of_row = "\r\n";
constexpr std::string_view heading =
    "seq,time,kind,event,id,namespace,name,action,verdict,reason,component,canary,stable,percent_before,percent_after,"
    "alerts,actor,peer,because,count,message";

// What a spreadsheet takes for a formula, also in the full width of East Asian scripts.
constexpr std::array<std::string_view, 8> formula_starts{"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"};

std::string number(std::int64_t value, std::int64_t absent) {
  return value == absent ? std::string() : std::to_string(value);
}

// The texts of all items, joined.
template <class Items, class TextOf>
std::string joined(const Items& items, TextOf text_of) {
  std::string text;
  bool first = true;
  for (const auto& item : items) {
    if (!first) text += ';';
    first = false;
    text += text_of(item);
  }
  return text;
}

class Csv final : public QueryOutput {
 public:
  explicit Csv(std::ostream& out) : out_(out) { out_ << heading << end_of_row; }

  bool needs_record() const override { return true; }
  void finish() override {}
  void print(const audit::Match& match) override {
    const auto& record = *match.record;
    const auto of_changes = [&](auto text_of) { return joined(record.changes, text_of); };
    const std::array<std::string, 21> fields{
        std::to_string(match.seq),
        std::string(match.time),
        name_of(record.kind),
        record.event,
        record.id,
        record.target ? record.target->ns : std::string(),
        record.target ? record.target->name : std::string(),
        record.action,
        record.verdict,
        record.reason,
        of_changes([](const audit::Change& change) { return change.component; }),
        of_changes([](const audit::Change& change) { return change.canary; }),
        of_changes([](const audit::Change& change) { return change.stable; }),
        of_changes([](const audit::Change& change) { return number(change.percent_before, -1); }),
        of_changes([](const audit::Change& change) { return number(change.percent_after, -1); }),
        joined(record.alerts, [](const audit::AlertRef& alert) { return alert.name; }),
        record.actor,
        record.peer,
        record.because,
        record.count == 0 ? std::string() : std::to_string(record.count),
        record.message};
    const char* separator = "";
    for (const auto& field : fields) {
      out_ << separator << csv_field(field);
      separator = ",";
    }
    out_ << end_of_row;
  }

 private:
  std::ostream& out_;
};

class Json final : public QueryOutput {
 public:
  explicit Json(std::ostream& out) : out_(out) {}
  bool needs_record() const override { return false; }
  void print(const audit::Match& match) override { out_ << match.line << '\n'; }
  void finish() override {}

 private:
  std::ostream& out_;
};

}  // namespace

std::string csv_field(std::string_view text) {
  std::string field;
  const auto begins = [text](std::string_view start) { return text.starts_with(start); };
  if (std::any_of(formula_starts.begin(), formula_starts.end(), begins)) field += '\'';
  for (const char c : printable(text)) {
    if (c == '"') field += '"';
    field += c;
    if (c == '\n') field.replace(field.size() - 1, 1, "\\n");  // one record, one row
  }
  if (field.find_first_of(",;\"") == std::string::npos && !field.starts_with(' ') && !field.ends_with(' '))
    return field;
  return '"' + field + '"';
}

std::unique_ptr<QueryOutput> csv_output(std::ostream& out) { return std::make_unique<Csv>(out); }
std::unique_ptr<QueryOutput> json_output(std::ostream& out) { return std::make_unique<Json>(out); }

}  // namespace canaryd::app
