#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "canaryd/sandbox/sandbox.hpp"

// The commands of the command line but `serve`. Each returns its exit code.
namespace canaryd::app {

// Every problem on a line of its own to `err`; a good file is confirmed on `out`.
int check_config(const std::string& file, std::ostream& out, std::ostream& err);

// The embedded rule files. One name prints the file's exact bytes; several, or none for all, print one valid rule file:
// Prometheus reads only the first YAML document of a file, so that files joined by `---` would silently lose rules.
int print_rules(const std::vector<std::string>& names, std::ostream& out, std::ostream& err);

int verify_audit(const std::string& directory, std::ostream& out, std::ostream& err);

// Runs the embedded cluster until SIGINT or SIGTERM.
int run_sandbox(const sandbox::Options& options, std::ostream& out, std::ostream& err);

}  // namespace canaryd::app
