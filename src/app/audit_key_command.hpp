#pragma once

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd audit key generate` and `canaryd audit key public`. The command line writes to this object.
class AuditKeyCommand {
 public:
  void add_to(CLI::App& audit);
  bool given() const;
  int run(std::ostream& out, std::ostream& err) const;  // the exit code

 private:
  int generate(std::ostream& out, std::ostream& err) const;
  int print_public(std::ostream& out, std::ostream& err) const;

  CLI::App* command_ = nullptr;
  CLI::App* generate_ = nullptr;
  CLI::App* public_ = nullptr;
  std::string out_file_;
  std::string file_;
  std::string name_;
};

}  // namespace canaryd::app
