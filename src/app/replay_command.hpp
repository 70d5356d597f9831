#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace canaryd::app {

// `canaryd replay`: added once to a command line, run when it was given. The command line writes to this object.
class ReplayCommand {
 public:
  void add_to(CLI::App& app);

  bool given() const;
  // Returns the exit code: 0 done, whatever is different; 1 for a file or a configuration that cannot be read.
  int run(std::ostream& out, std::ostream& err) const;

 private:
  CLI::App* command_ = nullptr;
  std::string config_file_;
  std::vector<std::string> files_;
  std::string output_ = "table";
  bool changes_only_ = false;
};

}  // namespace canaryd::app
