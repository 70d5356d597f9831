#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "channel.hpp"
#include "wait.hpp"

namespace canaryd::web {

namespace {

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int fd) : fd_(fd) {}

  ReadOutcome read(char* into, std::size_t size, SteadyTime deadline) override {
    for (;;) {
      const ssize_t n = ::recv(fd_, into, size, 0);
      if (n > 0) return {Io::ok, static_cast<std::size_t>(n)};
      if (n == 0) return {Io::closed};
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return {Io::failed};
      if (!wait_for(fd_, POLLIN, deadline)) return {Io::timed_out};
    }
  }

  Io write(std::string_view bytes, SteadyTime deadline) override {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
      } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        return Io::failed;
      } else if (!wait_for(fd_, POLLOUT, deadline)) {
        return Io::timed_out;
      }
    }
    return Io::ok;
  }

  void finish() override { ::shutdown(fd_, SHUT_WR); }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(int fd) { return std::make_unique<PlainChannel>(fd); }

void linger(int fd, SteadyTime deadline) {
  constexpr std::size_t most = 4u << 20;  // a body four times too long can still hear why
  std::array<char, 16384> dropped{};
  std::size_t total = 0;
  while (total < most) {
    const ssize_t n = ::recv(fd, dropped.data(), dropped.size(), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (n > 0) total += static_cast<std::size_t>(n);
    // The deadline holds while data keeps coming too.
    if (!wait_for(fd, POLLIN, deadline)) return;
  }
}

}  // namespace canaryd::web
