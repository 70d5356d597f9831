#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "certificates.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace canaryd::web::test {

struct HttpAnswer {
  int status = 0;  // 0: the connection ended without an answer
  std::string head;
  std::string body;
};

struct ClientOptions {
  std::string source = "127.0.0.1";  // the loopback address to come from
  const Issued* identity = nullptr;  // a client certificate
  int min_version = 0;               // OpenSSL's numbers; 0: its default
  int max_version = 0;
  ssl_session_st* resume = nullptr;
  bool tls = true;
};

// A client that may behave as badly as it likes: raw bytes over TLS (or plainly).
class Client {
 public:
  using Ms = std::chrono::milliseconds;
  explicit Client(int port, const ClientOptions& options = {});
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  Client(const Client&) = delete;

  bool connected() const { return connected_; }  // the handshake succeeded
  bool send(std::string_view bytes);             // false: the connection is gone
  HttpAnswer answer(Ms within = Ms(8000), bool head_request = false);
  HttpAnswer exchange(std::string_view bytes);
  bool closed_within(Ms time);  // reads and drops until the end
  bool readable_within(Ms time) const;
  int version() const;  // of TLS
  bool resumed() const;
  ssl_session_st* session() const;
  std::string peer_certificate() const;  // PEM of the server's
  void shut();                           // closes at once

 private:
  int read_some(char* into, int size, Ms within);
  int fd_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace canaryd::web::test
