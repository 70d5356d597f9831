#include <ostream>

#include "app/daemon/stop_signal.hpp"
#include "canaryd/app/cli.hpp"
#include "commands.hpp"
#include "failed.hpp"

namespace canaryd::app {

int run_sandbox(const sandbox::Options& options, std::ostream& out, std::ostream& err) {
  const StopSignal stop;
  const auto done = sandbox::run(options, stop.seen(), out);
  return done ? exit_done : failed(done.error(), err);
}

}  // namespace canaryd::app
