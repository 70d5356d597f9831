#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "canaryd/audit/proof.hpp"

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd audit prove`. The command line writes to this object.
class AuditProveCommand {
 public:
  void add_to(CLI::App& audit);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  Result<audit::ProveOptions> options() const;
  Result<audit::Proved> prove() const;
  Result<audit::Proved> prove_record(const audit::ProveOptions& options, audit::Files& files) const;

  CLI::App* command_ = nullptr;
  std::string directory_;
  std::string id_;
  std::string record_file_;
  std::vector<std::string> consistency_;
  std::string checkpoint_file_;
  std::string key_file_;
};

}  // namespace canaryd::app
