#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "canaryd/sandbox/sandbox.hpp"

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

int verify_audit(const std::string& directory, std::ostream& out, std::ostream& err);

// Runs the embedded cluster until SIGINT or SIGTERM.
int run_sandbox(const sandbox::Options& options, std::ostream& out, std::ostream& err);

}  // namespace canaryd::app
