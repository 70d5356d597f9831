#include "audit_commands.hpp"

#include <CLI/App.hpp>

namespace canaryd::app {

void AuditCommands::add_to(CLI::App& app) {
  command_ = app.add_subcommand("audit", "The audit log");
  command_->require_subcommand(1);
  command_->footer("Example:\n  canaryd audit verify /var/lib/canaryd/audit");
  verify_.add_to(*command_);
  query_.add_to(*command_);
  explain_.add_to(*command_);
  report_.add_to(*command_);
  verify_proof_.add_to(*command_);
  prove_.add_to(*command_);
  key_.add_to(*command_);
}

bool AuditCommands::given() const { return command_->parsed(); }

int AuditCommands::run(std::ostream& out, std::ostream& err) const {
  if (key_.given()) return key_.run(out, err);
  if (prove_.given()) return prove_.run(out, err);
  if (verify_proof_.given()) return verify_proof_.run(out, err);
  if (query_.given()) return query_.run(out, err);
  if (explain_.given()) return explain_.run(out, err);
  if (report_.given()) return report_.run(out, err);
  return verify_.run(out, err);
}

}  // namespace canaryd::app
