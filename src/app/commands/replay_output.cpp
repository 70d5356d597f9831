#include "replay_output.hpp"

#include <ostream>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "text_table.hpp"

namespace canaryd::app {

namespace {

constexpr const char* not_decided =
    "Not decided anew: thresholds, the gate's margins, the breaker's numbers, last_stage_window. A record holds no "
    "measurements.";

std::string marker(const Replayed& row) {
  if (row.basis == Replayed::Basis::undecided) return "?";
  if (!row.then) return "new";
  return row.differs() ? "DIFFERENT" : "";
}

const char* name_of(Replayed::Basis basis) {
  switch (basis) {
    case Replayed::Basis::record:
      return "record";
    case Replayed::Basis::assumed:
      return "assumed";
    case Replayed::Basis::undecided:
      return "undecided";
  }
  return "";
}

// Members of one JSON object, in the order in which they are added.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  void text(const char* name, const std::string& value) {
    member(name);
    append_json_string(out_, value);
  }
  void raw(const char* name, const std::string& value) {
    member(name);
    out_ += value;
  }
  void number(const char* name, std::size_t value) { raw(name, std::to_string(value)); }
  void end() { out_ += '}'; }

 private:
  void member(const char* name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }
  std::string& out_;
};

std::string json_of(const Judgement& judgement) {
  std::string out;
  Object object(out);
  object.text("action", judgement.action);
  object.text("verdict", judgement.verdict);
  object.text("reason", judgement.reason);
  object.text("step", judgement.step);
  object.text("detail", judgement.detail);
  object.end();
  return out;
}

std::string json_of(const Replayed& row) {
  std::string out;
  Object object(out);
  object.text("where", row.where);
  object.text("time", to_rfc3339(row.at));
  object.text("service", row.service);
  object.text("alert", row.alert);
  object.raw("then", row.then ? json_of(*row.then) : "null");
  object.raw("now", json_of(row.now));
  object.text("basis", name_of(row.basis));
  object.text("note", row.note);
  object.raw("different", row.differs() ? "true" : "false");
  object.end();
  return out;
}

std::string json_of(const ReplaySummary& summary) {
  std::string out;
  Object object(out);
  object.number("alerts", summary.alerts);
  object.number("same", summary.same);
  object.number("different", summary.different);
  object.number("without_past", summary.without_past);
  object.number("undecided", summary.undecided);
  object.number("assumed", summary.assumed);
  object.number("other_records", summary.others);
  object.text("note", not_decided);
  object.end();
  return out;
}

}  // namespace

void ReplaySummary::count(const Replayed& row) {
  ++alerts;
  if (row.basis == Replayed::Basis::assumed) ++assumed;
  if (row.basis == Replayed::Basis::undecided) {
    ++undecided;
  } else if (!row.then) {
    ++without_past;
  } else if (row.differs()) {
    ++different;
  } else {
    ++same;
  }
}

void print_replay_table(const std::vector<Replayed>& rows, const ReplaySummary& summary, std::ostream& out) {
  std::vector<std::vector<std::string>> table{{"TIME", "SERVICE", "ALERT", "THEN", "NOW", "DIFFERENCE", "NOTE"}};
  for (const auto& row : rows) {
    table.push_back({to_rfc3339(row.at), escaped(row.service), escaped(row.alert),
                     row.then ? escaped(row.then->text()) : std::string(), escaped(row.now.text()), marker(row),
                     escaped(row.note, 1024)});
  }
  if (!rows.empty()) print_table(table, out);
  out << "alerts " << summary.alerts << ": as then " << summary.same << ", different " << summary.different
      << ", without a past " << summary.without_past << ", undecided " << summary.undecided
      << "; a healthy canary is assumed for " << summary.assumed << "; records about no alert " << summary.others
      << "\n"
      << not_decided << "\n";
}

void print_replay_json(const std::vector<Replayed>& rows, const ReplaySummary& summary, std::ostream& out) {
  out << "{\"decisions\":[";
  const char* separator = "\n";
  for (const auto& row : rows) {
    out << separator << json_of(row);
    separator = ",\n";
  }
  out << (rows.empty() ? "" : "\n") << "],\"summary\":" << json_of(summary) << "}\n";
}

}  // namespace canaryd::app
