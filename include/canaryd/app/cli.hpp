#pragma once

#include <iosfwd>

namespace canaryd::app {

// Exit codes of every command; `audit verify` and `doctor` add their own.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
// audit verify, the first that holds: what is there is not what was written, something is missing, a checkpoint of the
// log is not signed by a known key, one that was kept elsewhere is not of this log.
inline constexpr int exit_integrity = 3;
inline constexpr int exit_completeness = 4;
inline constexpr int exit_signature = 5;
inline constexpr int exit_anchoring = 6;
// doctor, the first that holds: something does not work, something could not be looked at.
inline constexpr int exit_fault = 3;
inline constexpr int exit_not_seen = 4;

// The command line: parses it, runs the command, returns the exit code. Results go to `out`, everything else to `err`;
// an `out` that cannot be written is a failure. May throw what the standard library throws (no memory).
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace canaryd::app
