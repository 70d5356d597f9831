#pragma once

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd audit explain`. The command line writes to this object.
class AuditExplainCommand {
 public:
  void add_to(CLI::App& audit);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  CLI::App* command_ = nullptr;
  std::string directory_;
  std::string id_;
};

}  // namespace canaryd::app
