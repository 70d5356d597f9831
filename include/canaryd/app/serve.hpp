#pragma once

#include <iosfwd>
#include <string>

namespace canaryd::app {

struct ServeOptions {
  std::string config_file;
};

// Runs the daemon until SIGTERM or SIGINT. Returns the exit code: 0 after an ordered stop, 1 when it could not start
// (the reason is written to `err`).
int serve(const ServeOptions& options, std::ostream& err);

}  // namespace canaryd::app
