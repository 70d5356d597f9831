#pragma once

#include <atomic>
#include <chrono>
#include <iosfwd>
#include <string>

#include "canaryd/base/error.hpp"

namespace canaryd::sandbox {

struct Options {
  std::string listen = "127.0.0.1:0";             // loopback only, port 0: any free one
  std::string scenario_file;                      // JSON (docs/sandbox.md); empty: ml/iris with a healthy canary at 5 %
  int services = 0;                               // more services of about 7 kB each, bench/svc-00000 and on
  std::chrono::milliseconds reconcile_delay{20};  // between a write and the reconcile that it causes
};

// The embedded cluster: an in-memory API server that reconciles InferenceServices as KServe does, simulates their
// traffic and exports their model servers' metrics. Blocks until `stop`. Prints `sandbox: listening on
// http://127.0.0.1:PORT` to `out` when it is ready. Errors: `invalid` for a listen address that is not loopback or a
// bad scenario (file and place), `io` when it cannot listen.
Status run(const Options& options, const std::atomic<bool>& stop, std::ostream& out);

}  // namespace canaryd::sandbox
