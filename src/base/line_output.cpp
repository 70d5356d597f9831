#include "canaryd/base/line_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>

namespace canaryd {

namespace {
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;
}  // namespace

// O_NONBLOCK would do it, but it is of the open file, which a shell or standard error may share. A pipe that polls as
// writable has PIPE_BUF bytes of room: pipe(7).
Status LineOutput::wait_for_room(Steady::time_point deadline) const {
  for (;;) {
    const auto left = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - Steady::now()));
    pollfd wanted{fd_, POLLOUT, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(Error::from_errno("cannot wait for the output", errno));
    if (left == milliseconds(0)) {
      return fail(Error::io("the output took nothing for " + std::to_string(patience_.count()) + " ms"));
    }
  }
}

Status LineOutput::write(std::string line) {
  const std::lock_guard guard(mutex_);
  if (torn_) line.insert(0, "\n");
  line += '\n';
  const auto deadline = Steady::now() + patience_;
  for (std::string_view rest = line; !rest.empty();) {
    if (auto room = wait_for_room(deadline); !room) return room;
    const ssize_t taken = ::write(fd_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return fail(Error::from_errno("cannot write to the output", errno));
    rest.remove_prefix(static_cast<std::size_t>(taken));
    torn_ = !rest.empty();
  }
  return {};
}

}  // namespace canaryd
