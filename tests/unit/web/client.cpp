#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace canaryd::web::test {

namespace {

constexpr int patience_seconds = 15;  // a client of a test hangs no longer than that

int open_socket(int port, const std::string& source) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{patience_seconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  inet_pton(AF_INET, source.c_str(), &from.sin_addr);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

void use_identity(SSL_CTX* context, const Issued& identity) {
  BIO* bio = BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, certificate);
  X509_free(certificate);
  BIO_free(bio);
  bio = BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  BIO_free(bio);
}

}  // namespace

Client::Client(int port, const ClientOptions& options) : fd_(open_socket(port, options.source)) {
  if (fd_ < 0) return;
  connected_ = true;
  if (!options.tls) return;
  context_ = SSL_CTX_new(TLS_client_method());
  // Level 0 lets the client offer what the server has to refuse.
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, options.min_version != 0 ? options.min_version : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context_, options.max_version);
  if (options.identity != nullptr) use_identity(context_, *options.identity);
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  if (options.resume != nullptr) SSL_set_session(ssl_, options.resume);
  ERR_clear_error();
  connected_ = SSL_connect(ssl_) == 1;
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      context_(std::exchange(other.context_, nullptr)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      connected_(other.connected_),
      buffer_(std::move(other.buffer_)) {}

Client::~Client() {
  shut();
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

void Client::shut() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    const auto size = static_cast<int>(bytes.size());
    const auto n = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), size)
                                   : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Client::readable_within(Ms time) const {
  if (ssl_ != nullptr && SSL_pending(ssl_) > 0) return true;
  pollfd ready{fd_, POLLIN, 0};
  return ::poll(&ready, 1, static_cast<int>(time.count())) > 0;
}

int Client::read_some(char* into, int size, Ms within) {
  if (!readable_within(within)) return -2;
  ERR_clear_error();
  return ssl_ != nullptr ? SSL_read(ssl_, into, size)
                         : static_cast<int>(::recv(fd_, into, static_cast<std::size_t>(size), 0));
}

HttpAnswer Client::answer(Ms within, bool head_request) {
  char chunk[4096];
  HttpAnswer result;
  std::size_t end = std::string::npos;
  std::size_t length = 0;
  for (;;) {
    if (end == std::string::npos) {
      end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        result.head = buffer_.substr(0, end + 2);
        result.status = std::atoi(result.head.c_str() + sizeof "HTTP/1.1");
        const std::size_t at = result.head.find("Content-Length: ");
        if (at != std::string::npos && !head_request) length = std::strtoul(result.head.c_str() + at + 16, nullptr, 10);
      }
    }
    if (end != std::string::npos && buffer_.size() >= end + 4 + length) break;
    const int n = read_some(chunk, sizeof chunk, within);
    if (n <= 0) return {};
    buffer_.append(chunk, static_cast<std::size_t>(n));
  }
  result.body = buffer_.substr(end + 4, length);
  buffer_.erase(0, end + 4 + length);
  return result;
}

HttpAnswer Client::exchange(std::string_view bytes) {
  send(bytes);  // a server that refuses may close before all is written; its answer counts
  return answer();
}

bool Client::closed_within(Ms time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  char chunk[4096];
  for (;;) {
    const auto left = std::chrono::ceil<Ms>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const int n = read_some(chunk, sizeof chunk, left);
    if (n == -2) return false;
    if (n <= 0) return true;
  }
}

int Client::version() const { return SSL_version(ssl_); }
bool Client::resumed() const { return SSL_session_reused(ssl_) == 1; }
ssl_session_st* Client::session() const { return SSL_get1_session(ssl_); }

std::string Client::peer_certificate() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  X509_free(certificate);
  return pem;
}

}  // namespace canaryd::web::test
