#pragma once

#include <memory>
#include <vector>

#include "subcommand.hpp"

namespace canaryd::app {

// `canaryd audit ...`
class AuditCommands final : public Subcommand {
 public:
  AuditCommands();
  void add_to(CLI::App& app) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  std::vector<std::unique_ptr<Subcommand>> commands_;
};

// Each in the file of its name.
std::unique_ptr<Subcommand> audit_verify_command();
std::unique_ptr<Subcommand> audit_query_command();
std::unique_ptr<Subcommand> audit_explain_command();
std::unique_ptr<Subcommand> audit_report_command();
std::unique_ptr<Subcommand> audit_verify_proof_command();
std::unique_ptr<Subcommand> audit_prove_command();
std::unique_ptr<Subcommand> audit_key_command();

}  // namespace canaryd::app
