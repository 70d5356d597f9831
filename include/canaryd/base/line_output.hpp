#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "canaryd/base/error.hpp"

namespace canaryd {

// A file descriptor, of somebody else and left open, that takes whole lines: standard output, which may be a pipe that
// nobody empties, a full disk, or closed. SIGPIPE must be ignored in the process. Safe from any thread.
class LineOutput {
 public:
  explicit LineOutput(int fd, std::chrono::milliseconds patience = std::chrono::seconds(1))
      : fd_(fd), patience_(patience) {}

  // `line` and its LF in one write, so that nothing comes in between; in several only when they are longer than what a
  // pipe takes at once (PIPE_BUF). io when a pipe has no room for that long, and for what a write says. A line of which
  // a part was taken is ended before the next.
  Status write(std::string line);

 private:
  Status wait_for_room(std::chrono::steady_clock::time_point deadline) const;

  const int fd_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  bool torn_ = false;  // guarded by mutex_
};

}  // namespace canaryd
