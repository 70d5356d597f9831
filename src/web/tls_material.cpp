#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <ctime>

#include "tls_context.hpp"

namespace canaryd::web {

namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using X509Ptr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

BioPtr reading(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Without it OpenSSL would ask for a pass phrase on the terminal.
int no_pass_phrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*user*/) { return 0; }

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::vector<X509Ptr> certificates_in(const std::string& pem) {
  std::vector<X509Ptr> result;
  const BioPtr bio = reading(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)) {
    result.emplace_back(certificate);
  }
  ERR_clear_error();
  return result;
}

std::int64_t unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<std::int64_t>(timegm(&parts));
}

// Facts: TLS 1.2 at least, 1.3 preferred; no renegotiation, no compression; no resumption of any kind (with client
// certificates and no session id context a resuming client's handshake fails, and a ticket would outlive a changed CA).
bool restrict_protocol(SSL_CTX& context) {
  SSL_CTX_set_options(
      &context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(&context, 0);
  SSL_CTX_set_mode(&context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(&context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(&context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

Status use_certificate(TlsMaterial& material, const TlsSettings& settings, const TlsFiles& files) {
  SSL_CTX* context = material.context.get();
  auto chain = certificates_in(files.certificate);
  if (chain.empty()) return fail(Error::invalid(settings.certificate + ": expected PEM certificates"));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return fail(Error::invalid(settings.certificate + ": expected a certificate that OpenSSL accepts for a server"));
  }
  for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  const BioPtr bio = reading(files.key);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) return fail(Error::invalid(settings.key + ": expected an unencrypted private key in PEM"));
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return fail(Error::invalid(settings.key + ": expected the private key of " + settings.certificate));
  }
  material.not_before = unix_time(X509_get0_notBefore(chain.front().get()));
  material.not_after = unix_time(X509_get0_notAfter(chain.front().get()));
  return {};
}

Status use_client_ca(TlsMaterial& material, const TlsSettings& settings, const TlsFiles& files) {
  if (settings.client_ca.empty()) return {};
  const auto authorities = certificates_in(files.client_ca);
  if (authorities.empty()) return fail(Error::invalid(settings.client_ca + ": expected PEM certificates"));
  material.client_ca.reset(X509_STORE_new());
  for (const auto& authority : authorities) {
    X509_STORE_add_cert(material.client_ca.get(), authority.get());
    SSL_CTX_add_client_CA(material.context.get(), authority.get());
  }
  SSL_CTX_set1_verify_cert_store(material.context.get(), material.client_ca.get());
  SSL_CTX_set_verify(material.context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(material.context.get(), 8);
  return {};
}

}  // namespace

std::string fingerprint(const TlsFiles& files) {
  return sha256(sha256(files.certificate) + sha256(files.key) + sha256(files.client_ca));
}

Result<TlsMaterial> make_tls_material(const TlsSettings& settings, const TlsFiles& files) {
  TlsMaterial material;
  material.context.reset(SSL_CTX_new(TLS_server_method()));
  if (!material.context || !restrict_protocol(*material.context)) {
    return fail(Error::invalid("TLS: this OpenSSL cannot serve TLS 1.2 and 1.3"));
  }
  auto ready = use_certificate(material, settings, files);
  if (ready) ready = use_client_ca(material, settings, files);
  ERR_clear_error();
  if (!ready) return fail(ready.error());
  material.fingerprint = fingerprint(files);
  material.ca_fingerprint = sha256(files.client_ca);
  return material;
}

}  // namespace canaryd::web
