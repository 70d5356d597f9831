#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "api_connection.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/engine/command.hpp"
#include "canaryd/sandbox/sandbox.hpp"
#include "canaryd/web/api.hpp"

// The commands of the command line but `serve`. Each returns its exit code.
namespace canaryd::app {

// Every problem on a line of its own to `err`; a good file is confirmed on `out`.
int check_config(const std::string& file, std::ostream& out, std::ostream& err);

inline constexpr const char* rules_format_prometheus = "prometheus";
inline constexpr const char* rules_format_object = "prometheusrule";

// What `rules print` was asked for.
struct RulesPrint {
  std::vector<std::string> names;    // files; empty: the alerts and the sources
  std::vector<std::string> sources;  // without folder and ending; empty: all
  std::string format = rules_format_prometheus;
  std::string name;                 // of the object, which is only for rules_format_object; empty: canaryd-rules
  std::string namespace_name;       // of the object
  std::vector<std::string> labels;  // of the object: KEY=VALUE
};

// The embedded rule files: one is its own bytes, several are one valid rule file.
int print_rules(const RulesPrint& options, std::ostream& out, std::ostream& err);

// Every shipped rule, one a line.
int list_rules(std::ostream& out, std::ostream& err);

// The names that RulesPrint::sources may have.
std::vector<std::string> rule_sources();

// What `rollouts` was asked for.
struct RolloutsOptions {
  std::string ns;     // empty: all that the client may see
  bool json = false;  // else a table
};
// The canaries in flight, as a canaryd tells them.
int list_rollouts(const ApiConnection& connection, const RolloutsOptions& options, std::ostream& out,
                  std::ostream& err);

// What a person asks of a canaryd.
struct ActOptions {
  engine::Verb verb = engine::Verb::hold;
  std::optional<Target> target;
  web::ActBody body;
};
// The answer's sentence and the id of its record to `out`; why it was not done to `err`.
int act(const ApiConnection& connection, const ActOptions& options, std::ostream& out, std::ostream& err);

// Runs the embedded cluster until SIGINT or SIGTERM.
int run_sandbox(const sandbox::Options& options, std::ostream& out, std::ostream& err);

}  // namespace canaryd::app
