#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd audit report`. The command line writes to this object.
class AuditReportCommand {
 public:
  void add_to(CLI::App& audit);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  CLI::App* command_ = nullptr;
  std::string directory_;
  std::string since_;
  std::string until_;
  std::string output_ = "text";
  std::vector<std::string> key_files_;
  std::vector<std::string> checkpoint_files_;
};

}  // namespace canaryd::app
