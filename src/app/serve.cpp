#include "canaryd/app/serve.hpp"

#include <csignal>
#include <ctime>
#include <ostream>

#include "canaryd/base/text.hpp"
#include "daemon.hpp"
#include "service_manager.hpp"

namespace canaryd::app {

namespace {

// SIGTERM, SIGINT and SIGHUP, blocked for all threads and taken in one place: nothing runs in a signal handler.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, &former_);
    // A peer that went away, a file that may not grow: errors of a write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &former_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The next signal, 0 when none came within a second.
  int wait() const {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&set_, nullptr, &second);
    return signal < 0 ? 0 : signal;
  }

 private:
  sigset_t set_{};
  sigset_t former_{};
};

}  // namespace

int serve(const ServeOptions& options, std::ostream& err) {
  const Signals signals;
  Daemon daemon(options.config_file);
  if (const auto started = daemon.start(); !started) {
    err << "canaryd: " << printable(started.error().message) << "\n";
    return 1;
  }
  ServiceManager manager;
  manager.started();
  while (true) {
    const int signal = signals.wait();
    if (signal == SIGHUP) daemon.reload();
    if (signal == SIGTERM || signal == SIGINT) break;
    daemon.tick();
    manager.alive(daemon.readiness().body);
  }
  manager.stopping();
  daemon.stop();
  return 0;
}

}  // namespace canaryd::app
