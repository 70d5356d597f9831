#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace canaryd::bench {

// A benchmark has no use for going on after a failure: everything throws this.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Response {
  int status = 0;
  std::string body;
};

// One keep-alive HTTP/1.1 connection, plain or TLS, blocking, without anything that costs time beyond the bytes:
// requests are sent as they are given. One thread at a time.
class Connection {
 public:
  // `ca_file` empty: plain TCP. `host` is an IPv4 address; the certificate is verified against it. `from`, where given,
  // is the client's own address.
  Connection(const std::string& host, int port, const std::string& ca_file, const std::string& from = {});
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) = delete;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends the whole request and reads the whole answer.
  Response exchange(const std::string& request);

 private:
  void write(const std::string& bytes);
  void read_more();
  std::string take_line();
  std::string take(std::size_t length);
  std::string take_chunks();

  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::string buffer_;  // what was read beyond what was asked for
};

}  // namespace canaryd::bench
