#include <CLI/App.hpp>
#include <ostream>
#include <string>

#include "audit_commands.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/explain.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/policy/guard_table.hpp"
#include "canaryd/policy/reason.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

std::string meaning_of(std::string_view reason) {
  const auto found = policy::find_reason(reason);
  return found ? std::string(policy::info_of(*found).meaning) : std::string();
}

std::string passes_when(std::string_view guard) {
  for (const auto& rule : policy::guard_table()) {
    if (name_of(rule.reason) == guard) return std::string(rule.passes_when);
  }
  return {};
}

// `canaryd audit explain`.
class AuditExplainCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  std::string directory_;
  std::string id_;
};

}  // namespace

void AuditExplainCommand::add_to(CLI::App& audit) {
  command_ =
      audit.add_subcommand("explain", "Tells one decision as a story: who asked, what was seen, done, confirmed");
  command_->add_option("DIRECTORY", directory_, "The log's folder, or a copy of it")->required()->type_name("");
  command_->add_option("ID", id_, "The id of its records, or its first digits, 6 at least")->required()->type_name("");
  command_->footer(
      "Example:\n  canaryd audit explain /var/lib/canaryd/audit 195c92\n\n"
      "Whether the records are as they were written tells `canaryd audit verify`.");
}

int AuditExplainCommand::run(std::ostream& out, std::ostream& err) const {
  const auto files = audit::posix_files();
  const auto found = audit::find_case(directory_, *files, id_);
  if (!found) return failed(found.error(), err, found.error().kind == ErrorKind::invalid ? exit_usage : exit_failed);
  out << audit::tell(*found, {meaning_of, passes_when})
      << "\nThis tells what the log says. Whether the log is as it was written: canaryd audit verify "
      << printable(directory_) << "\n";
  return exit_done;
}

std::unique_ptr<Subcommand> audit_explain_command() { return std::make_unique<AuditExplainCommand>(); }

}  // namespace canaryd::app
