#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>

#include "channel.hpp"
#include "wait.hpp"

namespace canaryd::web {

namespace {

// Waits for what the last call on the session asked for; ok means: call again.
Io after(const SSL& session, int fd, int returned, SteadyTime deadline) {
  switch (SSL_get_error(&session, returned)) {
    case SSL_ERROR_WANT_READ:
      return wait_for(fd, POLLIN, deadline) ? Io::ok : Io::timed_out;
    case SSL_ERROR_WANT_WRITE:
      return wait_for(fd, POLLOUT, deadline) ? Io::ok : Io::timed_out;
    case SSL_ERROR_ZERO_RETURN:
      return Io::closed;
    default:
      return Io::failed;
  }
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(int fd, SSL& session) : fd_(fd), session_(session) {}

  ReadOutcome read(char* into, std::size_t size, SteadyTime deadline) override {
    for (;;) {
      ERR_clear_error();
      const int n = SSL_read(&session_, into, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
      if (n > 0) return {Io::ok, static_cast<std::size_t>(n)};
      const Io status = after(session_, fd_, n, deadline);
      if (status != Io::ok) return {note(status)};
    }
  }

  Io write(std::string_view bytes, SteadyTime deadline) override {
    while (!bytes.empty()) {
      ERR_clear_error();
      const int n = SSL_write(&session_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
      if (n > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
        continue;
      }
      const Io status = after(session_, fd_, n, deadline);
      if (status != Io::ok) return note(status);
    }
    return Io::ok;
  }

  void finish() override {
    ERR_clear_error();
    // After a fatal error SSL_shutdown must not be called (its manual page).
    if (!broken_) SSL_shutdown(&session_);
    ::shutdown(fd_, SHUT_WR);
  }

 private:
  Io note(Io status) {
    if (status == Io::failed) broken_ = true;
    return status;
  }

  int fd_;
  SSL& session_;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Channel> tls_channel(int fd, ssl_st& session) { return std::make_unique<TlsChannel>(fd, session); }

Io tls_handshake(int fd, ssl_st& session, SteadyTime deadline) {
  if (SSL_set_fd(&session, fd) != 1) return Io::failed;
  for (;;) {
    ERR_clear_error();
    const int n = SSL_accept(&session);
    if (n == 1) return Io::ok;
    const Io status = after(session, fd, n, deadline);
    if (status != Io::ok) return status;
  }
}

}  // namespace canaryd::web
