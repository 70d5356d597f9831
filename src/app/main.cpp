#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "canaryd/app/cli.hpp"

namespace {

// A standard stream that the caller closed would be the number of the next file that is opened, the audit log perhaps.
// Opened for reading, what is written to it still fails, and is noticed.
void occupy_standard_streams() {
  while (true) {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  // A reader that went away is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return canaryd::app::run(argc, argv, std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "canaryd: " << error.what() << "\n";
  }
  return canaryd::app::exit_failed;
}
