#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "canaryd/base/error.hpp"
#include "canaryd/web/settings.hpp"
#include "tls_files.hpp"

struct ssl_st;
struct ssl_ctx_st;
struct x509_store_st;

namespace canaryd::web {

struct SslFree {
  void operator()(ssl_st* session) const;
  void operator()(ssl_ctx_st* context) const;
  void operator()(x509_store_st* store) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;
using SslContextPtr = std::unique_ptr<ssl_ctx_st, SslFree>;
using X509StorePtr = std::unique_ptr<x509_store_st, SslFree>;

// A certificate, its key and the client CA, checked to belong together, ready to serve.
struct TlsMaterial {
  SslContextPtr context;
  X509StorePtr client_ca;       // null: no client certificates
  std::string fingerprint;      // of all the bytes
  std::string ca_fingerprint;   // of the CA's
  std::int64_t not_before = 0;  // the serving certificate's validity, Unix seconds
  std::int64_t not_after = 0;
};

std::string fingerprint(const TlsFiles& files);
// Errors: `invalid`, with the file and what is wrong with it.
Result<TlsMaterial> make_tls_material(const TlsSettings& settings, const TlsFiles& files);

// The material in force. Sessions begun before a swap live on with the old one. Safe from any thread.
class TlsContext {
 public:
  explicit TlsContext(TlsMaterial material);

  void swap(TlsMaterial material);
  std::string fingerprint() const;
  std::int64_t not_after() const;

  // A new server session, with the generation of the client CA that it will be verified against; null when OpenSSL has
  // no memory.
  SslPtr new_session(std::uint64_t& ca_generation) const;
  // Whether the session's client certificate is still good: within its validity, and, when the client CA is another one
  // than at `ca_generation`, signed by that (then `ca_generation` moves on). Without a client CA: true.
  bool still_trusted(ssl_st& session, std::uint64_t& ca_generation) const;

 private:
  mutable std::mutex mutex_;
  TlsMaterial material_;
  std::uint64_t ca_generation_ = 0;
};

// The subjectAltNames of the session's client certificate, spelled as in the configuration: "dns:am.svc", "uri:...",
// "ip:10.0.0.7", "email:...". Empty without a certificate.
std::vector<std::string> client_sans(ssl_st& session);
// A SAN of the configuration in the spelling of client_sans(); an empty string when it is none.
std::string canonical_san(const std::string& san);

}  // namespace canaryd::web
