#pragma once

#include <iosfwd>

#include "audit_explain_command.hpp"
#include "audit_key_command.hpp"
#include "audit_prove_command.hpp"
#include "audit_query_command.hpp"
#include "audit_report_command.hpp"
#include "audit_verify_command.hpp"
#include "audit_verify_proof_command.hpp"

namespace canaryd::app {

// `canaryd audit ...`: added once to a command line, run when it was given.
class AuditCommands {
 public:
  void add_to(CLI::App& app);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  CLI::App* command_ = nullptr;
  AuditVerifyCommand verify_;
  AuditExplainCommand explain_;
  AuditReportCommand report_;
  AuditQueryCommand query_;
  AuditVerifyProofCommand verify_proof_;
  AuditProveCommand prove_;
  AuditKeyCommand key_;
};

}  // namespace canaryd::app
