#include "audit_commands.hpp"

#include <CLI/App.hpp>
#include <algorithm>

#include "canaryd/app/cli.hpp"

namespace canaryd::app {

AuditCommands::AuditCommands() {
  for (auto* make : {audit_verify_command, audit_query_command, audit_explain_command, audit_report_command,
                     audit_verify_proof_command, audit_prove_command, audit_key_command})
    commands_.push_back(make());
}

void AuditCommands::add_to(CLI::App& app) {
  command_ = app.add_subcommand("audit", "The audit log");
  command_->require_subcommand(1);
  command_->footer("Example:\n  canaryd audit verify /var/lib/canaryd/audit");
  for (const auto& command : commands_) command->add_to(*command_);
}

int AuditCommands::run(std::ostream& out, std::ostream& err) const {
  const auto found =
      std::find_if(commands_.begin(), commands_.end(), [](const auto& command) { return command->given(); });
  return found == commands_.end() ? exit_usage : (*found)->run(out, err);
}

}  // namespace canaryd::app
