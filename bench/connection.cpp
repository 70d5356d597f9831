#include "connection.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cctype>

namespace canaryd::bench {

namespace {

constexpr std::size_t read_step = 64U << 10U;

sockaddr_in address_of(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw Failure("not an IPv4 address: " + host);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

void connect_socket(int fd, const std::string& host, int port, const std::string& from) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!from.empty()) {
    const auto own = address_of(from, 0);
    if (::bind(fd, generic(own), sizeof own) != 0) throw Failure("cannot bind " + from);
  }
  const auto address = address_of(host, port);
  if (::connect(fd, generic(address), sizeof address) != 0) {
    throw Failure("cannot connect to " + host + ":" + std::to_string(port));
  }
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

}  // namespace

struct Connection::Stream {
  Stream() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd < 0) throw Failure("socket");
  }
  ~Stream() {
    ssl.reset();
    ::close(fd);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd;
  std::unique_ptr<SSL_CTX, ContextFree> context;
  std::unique_ptr<SSL, SslFree> ssl;
};

Connection::Connection(const std::string& host, int port, const std::string& ca_file, const std::string& from)
    : stream_(std::make_unique<Stream>()) {
  connect_socket(stream_->fd, host, port, from);
  if (ca_file.empty()) return;
  stream_->context.reset(SSL_CTX_new(TLS_client_method()));
  if (SSL_CTX_load_verify_locations(stream_->context.get(), ca_file.c_str(), nullptr) != 1) {
    throw Failure("cannot read " + ca_file);
  }
  SSL_CTX_set_verify(stream_->context.get(), SSL_VERIFY_PEER, nullptr);
  stream_->ssl.reset(SSL_new(stream_->context.get()));
  SSL* ssl = stream_->ssl.get();
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  SSL_set_fd(ssl, stream_->fd);
  if (SSL_connect(ssl) != 1) {
    throw Failure("no TLS with " + host + ":" + std::to_string(port) + ": " +
                  X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
  }
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;

void Connection::write(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto* from = bytes.data() + done;
    const std::size_t left = bytes.size() - done;
    const auto sent = stream_->ssl ? SSL_write(stream_->ssl.get(), from, static_cast<int>(left))
                                   : ::send(stream_->fd, from, left, MSG_NOSIGNAL);
    if (sent <= 0) throw Failure("the server closed the connection while it was sent a request");
    done += static_cast<std::size_t>(sent);
  }
}

void Connection::read_more() {
  std::array<char, read_step> bytes{};
  const auto got = stream_->ssl ? SSL_read(stream_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()))
                                : ::recv(stream_->fd, bytes.data(), bytes.size(), 0);
  if (got <= 0) throw Failure("the server closed the connection before its answer was whole");
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
}

std::string Connection::take_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) read_more();
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string Connection::take(std::size_t length) {
  while (buffer_.size() < length) read_more();
  std::string bytes = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return bytes;
}

std::string Connection::take_chunks() {
  std::string body;
  while (const auto length = std::stoul(take_line(), nullptr, 16)) {
    body += take(length);
    take_line();
  }
  take_line();
  return body;
}

Response Connection::exchange(const std::string& request) {
  write(request);
  Response response;
  const std::string first = take_line();
  if (first.rfind("HTTP/1.1 ", 0) != 0) throw Failure("no HTTP/1.1 answer: " + first);
  response.status = std::stoi(first.substr(9, 3));
  std::size_t length = 0;
  bool chunked = false;
  for (std::string line = lower(take_line()); !line.empty(); line = lower(take_line())) {
    if (line.rfind("content-length:", 0) == 0) length = std::stoul(line.substr(15));
    if (line.rfind("transfer-encoding:", 0) == 0) chunked = line.find("chunked") != std::string::npos;
  }
  response.body = chunked ? take_chunks() : take(length);
  return response;
}

}  // namespace canaryd::bench
