#pragma once

#include <dlfcn.h>
#include <openssl/ssl.h>

#include <csignal>
#include <string>
#include <string_view>

#include "http/test_certificate.hpp"

namespace canaryd::test {

// libssl is in the process (libcurl needs it), but not on the link line of these tests.
template <class Function>
Function* from_libssl(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

// The server's side of TLS on an accepted socket.
class TlsSession {
 public:
  // Asks the client for a certificate and takes any. `newest` may be an old version of TLS, 0 for the newest.
  TlsSession(const TestCertificate& own, int socket, int newest = 0) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL, here and in libcurl
    context_ = from_libssl<decltype(SSL_CTX_new)>("SSL_CTX_new")(
        from_libssl<decltype(TLS_server_method)>("TLS_server_method")());
    const Bio certificate_text = reader(own.certificate_pem);
    const Bio key_text = reader(own.key_pem);
    X509* certificate = PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
    from_libssl<decltype(SSL_CTX_use_certificate)>("SSL_CTX_use_certificate")(context_, certificate);
    from_libssl<decltype(SSL_CTX_use_PrivateKey)>("SSL_CTX_use_PrivateKey")(context_, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    from_libssl<decltype(SSL_CTX_set_verify)>("SSL_CTX_set_verify")(context_, SSL_VERIFY_PEER,
                                                                    [](int, X509_STORE_CTX*) { return 1; });
    if (newest != 0) {
      const auto control = from_libssl<decltype(SSL_CTX_ctrl)>("SSL_CTX_ctrl");
      control(context_, SSL_CTRL_SET_MIN_PROTO_VERSION, newest, nullptr);
      control(context_, SSL_CTRL_SET_MAX_PROTO_VERSION, newest, nullptr);
      // OpenSSL 3 does TLS 1.1 at security level 0 only.
      from_libssl<decltype(SSL_CTX_set_security_level)>("SSL_CTX_set_security_level")(context_, 0);
    }
    ssl_ = from_libssl<decltype(SSL_new)>("SSL_new")(context_);
    from_libssl<decltype(SSL_set_fd)>("SSL_set_fd")(ssl_, socket);
    open_ = from_libssl<decltype(SSL_accept)>("SSL_accept")(ssl_) == 1;
  }
  ~TlsSession() {
    from_libssl<decltype(SSL_free)>("SSL_free")(ssl_);
    from_libssl<decltype(SSL_CTX_free)>("SSL_CTX_free")(context_);
  }
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  bool open() const { return open_; }

  // What came in one read: the whole of a small request; empty at the end.
  std::string read() {
    char buffer[8192];
    const int got = from_libssl<decltype(SSL_read)>("SSL_read")(ssl_, buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string{};
  }
  void answer(std::string_view body) {
    const std::string text =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    from_libssl<decltype(SSL_write)>("SSL_write")(ssl_, text.data(), static_cast<int>(text.size()));
  }
  // The common name of the client's certificate, empty without one.
  std::string client() const {
    X509* certificate = from_libssl<decltype(SSL_get1_peer_certificate)>("SSL_get1_peer_certificate")(ssl_);
    if (certificate == nullptr) return {};
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }

 private:
  using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
  static Bio reader(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
  }

  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool open_ = false;
};

}  // namespace canaryd::test
