#include "tls_context.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <utility>

namespace canaryd::web {

void SslFree::operator()(ssl_st* session) const { SSL_free(session); }
void SslFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void SslFree::operator()(x509_store_st* store) const { X509_STORE_free(store); }

namespace {

struct StoreContextFree {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};

bool verifies(X509_STORE& store, X509& certificate, STACK_OF(X509) * chain) {
  const std::unique_ptr<X509_STORE_CTX, StoreContextFree> context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), &store, &certificate, chain) != 1) return false;
  X509_STORE_CTX_set_default(context.get(), "ssl_client");
  return X509_verify_cert(context.get()) == 1;
}

bool in_validity(const X509& certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(&certificate)) < 0 &&
         X509_cmp_current_time(X509_get0_notAfter(&certificate)) > 0;
}

}  // namespace

TlsContext::TlsContext(TlsMaterial material) : material_(std::move(material)) {}

void TlsContext::swap(TlsMaterial material) {
  const std::lock_guard lock(mutex_);
  if (material.ca_fingerprint != material_.ca_fingerprint) ++ca_generation_;
  material_ = std::move(material);
}

std::string TlsContext::fingerprint() const {
  const std::lock_guard lock(mutex_);
  return material_.fingerprint;
}

std::int64_t TlsContext::not_after() const {
  const std::lock_guard lock(mutex_);
  return material_.not_after;
}

SslPtr TlsContext::new_session(std::uint64_t& ca_generation) const {
  const std::lock_guard lock(mutex_);
  ca_generation = ca_generation_;
  return SslPtr(SSL_new(material_.context.get()));
}

bool TlsContext::still_trusted(ssl_st& session, std::uint64_t& ca_generation) const {
  X509StorePtr store;
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!material_.client_ca) return true;
    X509_STORE_up_ref(material_.client_ca.get());
    store.reset(material_.client_ca.get());
    generation = ca_generation_;
  }
  X509* certificate = SSL_get0_peer_certificate(&session);
  if (certificate == nullptr || !in_validity(*certificate)) return false;
  if (generation == ca_generation) return true;
  if (!verifies(*store, *certificate, SSL_get_peer_cert_chain(&session))) return false;
  ca_generation = generation;
  return true;
}

}  // namespace canaryd::web
