#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "canaryd/base/clock.hpp"

struct ssl_st;

namespace canaryd::web {

enum class Io : std::uint8_t { ok, closed, timed_out, failed };

struct ReadOutcome {
  Io status = Io::failed;
  std::size_t bytes = 0;  // of ok: above 0
};

// Bytes of one connection over a non-blocking socket, each call with an absolute deadline (steady_clock). One thread.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual ReadOutcome read(char* into, std::size_t size, SteadyTime deadline) = 0;
  virtual Io write(std::string_view bytes, SteadyTime deadline) = 0;  // all of them
  // Tells the peer that nothing more comes (a TLS close_notify, then a FIN).
  virtual void finish() = 0;
};

std::unique_ptr<Channel> plain_channel(int fd);
// Over an established session, which it does not own.
std::unique_ptr<Channel> tls_channel(int fd, ssl_st& session);

// The server's side of a TLS handshake on the session, whose file descriptor it sets.
Io tls_handshake(int fd, ssl_st& session, SteadyTime deadline);

// After finish(): reads and drops what is under way, until the peer closes, so that the kernel does not reset the
// connection over unread data and take the answer with it. Bounded in bytes and time.
void linger(int fd, SteadyTime deadline);

}  // namespace canaryd::web
