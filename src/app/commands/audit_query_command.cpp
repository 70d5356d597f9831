#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "audit_commands.hpp"
#include "audit_query_output.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/query.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/text.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

std::unique_ptr<QueryOutput> output_of(const std::string& form, std::ostream& out) {
  if (form == "json") return json_output(out);
  return form == "csv" ? csv_output(out) : table_output(out);
}

// What the answer may lack; the exit code.
int tell(const audit::QueryEnd& end, std::ostream& err) {
  if (!end.removed.empty()) err << "canaryd: note: " << escaped(end.removed) << "\n";
  for (const auto& problem : end.problems) err << "canaryd: " << escaped(problem, 4096) << "\n";
  if (end.problems.empty()) return exit_done;
  err << "canaryd: not all of the log could be read; canaryd audit verify tells more\n";
  return exit_failed;
}

// `canaryd audit query`.
class AuditQueryCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  std::string directory_;
  std::vector<std::pair<std::string, std::vector<std::string>>> values_;  // by key of the filter
  bool reverse_ = false;
  std::uint64_t limit_ = 0;  // 0: none
  std::string output_ = "table";
};

}  // namespace

void AuditQueryCommand::add_to(CLI::App& audit) {
  command_ = audit.add_subcommand("query", "Prints the records that were asked for, oldest first");
  command_->add_option("DIRECTORY", directory_, "The log's folder, in use or a copy")->required()->type_name("");
  const auto keys = audit::filter_keys();
  values_.reserve(keys.size() + 2);  // the command line keeps references to them
  const auto add = [this](const std::string& key, const std::string& what, const char* type) {
    auto& values = values_.emplace_back(key, std::vector<std::string>()).second;
    command_->add_option("--" + key, values, what)->type_name(type)->allow_extra_args(false);
  };
  add("since", "Not before: RFC 3339, 2026-11-20, now, today, yesterday, or -90m, -2d; days are UTC's", "TIME");
  add("until", "Before it", "TIME");
  for (const auto& key : keys) add(key.name, key.what, "VALUE");
  command_->add_flag("--reverse", reverse_, "Newest first");
  command_->add_option("--limit", limit_, "At most so many records")
      ->type_name("NUMBER")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 62U).description(""));
  command_->add_option("--output", output_, "table, json (the lines as they stand in the log) or csv")
      ->type_name("FORM")
      ->check(CLI::IsMember({"table", "json", "csv"}).description(""))
      ->capture_default_str();
  command_->footer(
      "Several values of one option, with commas between them or the option again, are alternatives; * in a value is\n"
      "any text. Every option that is given must hold.\n\n"
      "Example:\n  canaryd audit query /var/lib/canaryd/audit --since -2d --target ml/iris --verdict act,hold");
}

int AuditQueryCommand::run(std::ostream& out, std::ostream& err) const {
  std::vector<std::pair<std::string, std::string>> conditions;
  for (const auto& [key, values] : values_) {
    for (const auto& value : values) conditions.emplace_back(key, value);
  }
  auto filter = audit::read_filter(conditions, SystemClock().now());
  if (!filter) {
    err << "canaryd: --" << printable(filter.error().message) << "\n";
    return exit_usage;
  }
  const auto output = output_of(output_, out);
  const audit::Query query{std::move(*filter), reverse_, output->needs_record(), std::nullopt};
  std::uint64_t printed = 0;
  const auto visit = [&](const audit::Match& match) {
    output->print(match);
    return ++printed != limit_ && out.good();
  };
  const auto files = audit::posix_files();
  const auto end = audit::run_query(directory_, *files, query, visit);
  output->finish();
  return end ? tell(*end, err) : failed(end.error(), err);
}

std::unique_ptr<Subcommand> audit_query_command() { return std::make_unique<AuditQueryCommand>(); }

}  // namespace canaryd::app
