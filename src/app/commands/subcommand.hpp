#pragma once

#include <iosfwd>

namespace CLI {
class App;
}

namespace canaryd::app {

// A part of the command line that is added once, run when it was given, and holds the values that are given to it:
// CLI11 writes to the object, which therefore stays where it is.
class Subcommand {
 public:
  Subcommand() = default;
  virtual ~Subcommand() = default;
  Subcommand(const Subcommand&) = delete;
  Subcommand& operator=(const Subcommand&) = delete;

  virtual void add_to(CLI::App& parent) = 0;
  virtual bool given() const;
  // Returns the exit code (canaryd/app/cli.hpp).
  virtual int run(std::ostream& out, std::ostream& err) const = 0;

 protected:
  CLI::App* command_ = nullptr;  // set by add_to
};

}  // namespace canaryd::app
