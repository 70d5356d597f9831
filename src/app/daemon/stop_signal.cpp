#include "stop_signal.hpp"

#include <ctime>
#include <stop_token>

namespace canaryd::app {

StopSignal::StopSignal() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &wanted, &former_);
  waiter_ = std::jthread([this, wanted](const std::stop_token& over) {
    const timespec look{0, 100'000'000};
    while (!over.stop_requested()) {
      if (sigtimedwait(&wanted, nullptr, &look) > 0) seen_ = true;
    }
  });
}

StopSignal::~StopSignal() {
  waiter_.request_stop();
  waiter_.join();
  pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

}  // namespace canaryd::app
