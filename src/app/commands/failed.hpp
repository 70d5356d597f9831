#pragma once

#include <iosfwd>

#include "canaryd/app/cli.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::app {

// Says on `err` why a command could not be done, safe for a terminal, and returns its exit code.
int failed(const Error& error, std::ostream& err, int code = exit_failed);

}  // namespace canaryd::app
