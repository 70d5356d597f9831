#include <ostream>

#include "app/daemon/stop_signal.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/base/text.hpp"
#include "commands.hpp"

namespace canaryd::app {

int run_sandbox(const sandbox::Options& options, std::ostream& out, std::ostream& err) {
  const StopSignal stop;
  const auto done = sandbox::run(options, stop.seen(), out);
  if (done) return exit_done;
  err << "canaryd: " << escaped(done.error().message, 1024) << "\n";
  return exit_failed;
}

}  // namespace canaryd::app
