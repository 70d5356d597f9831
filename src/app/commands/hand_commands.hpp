#pragma once

#include <deque>
#include <iosfwd>
#include <string>

#include "canaryd/engine/command.hpp"
#include "commands.hpp"
#include "subcommand.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace canaryd::app {

// What a person does by hand: `canaryd rollouts|rollback|advance|promote|hold|release|stop|start`.
class HandCommands final : public Subcommand {
 public:
  void add_to(CLI::App& app) override;

  bool given() const override;
  // Returns the exit code: 0 done, 1 refused or failed, 2 for options that do not go together.
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  CLI::App* add_act(CLI::App& app, engine::Verb verb, const std::string& description, const std::string& example);
  void add_rollouts(CLI::App& app);
  void add_steps(CLI::App& app);
  void add_holds(CLI::App& app);
  void add_switches(CLI::App& app);
  static void add_connection(CLI::App& command, ApiConnection& connection);
  CLI::Option* add_target(CLI::App& command);
  void add_revision(CLI::App& command);
  void add_override(CLI::App& command, engine::Verb verb);
  void add_scope(CLI::App& command);
  // Each has a connection of its own: CLI11 2.1 reads the environment for the commands that were not given, too, and
  // would write over what the given one was told.
  struct Given {
    CLI::App* command = nullptr;
    engine::Verb verb = engine::Verb::hold;
    ApiConnection connection = {};
  };
  int run_act(const Given& given, std::ostream& out, std::ostream& err) const;

  Given rollouts_;
  std::deque<Given> acts_;  // the command line refers to its elements
  web::ActBody body_;
  std::string target_;  // NAMESPACE/NAME, checked
  std::string namespace_;
  bool all_ = false;
  std::string output_ = "table";
};

}  // namespace canaryd::app
