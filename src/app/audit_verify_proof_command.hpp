#pragma once

#include <iosfwd>
#include <string>

#include "canaryd/audit/proof.hpp"

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd audit verify-proof`. The command line writes to this object.
class AuditVerifyProofCommand {
 public:
  void add_to(CLI::App& audit);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  Result<audit::Proof> read_proof() const;
  Result<std::vector<audit::PublicKey>> keys_for(const audit::Proof& proof) const;
  void tell_signature(const audit::Proof& proof, const audit::ProofVerdict& verdict, std::ostream& out) const;

  CLI::App* command_ = nullptr;
  std::string file_;
  std::string key_file_;
};

}  // namespace canaryd::app
