#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "subcommand.hpp"

namespace canaryd::app {

// `canaryd replay`.
class ReplayCommand final : public Subcommand {
 public:
  void add_to(CLI::App& app) override;
  // Returns the exit code: 0 done, whatever is different; 1 for a file or a configuration that cannot be read.
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  std::string config_file_;
  std::vector<std::string> files_;
  std::string output_ = "table";
  bool changes_only_ = false;
};

}  // namespace canaryd::app
