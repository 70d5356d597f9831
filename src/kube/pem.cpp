#include "pem.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace canaryd::kube {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio reader(const std::string& text) { return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free}; }

Certificate first_certificate(const std::string& pem) {
  const Bio bio = reader(pem);
  Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr, X509_free);
  ERR_clear_error();
  return certificate;
}

Key private_key(const std::string& pem) {
  const Bio bio = reader(pem);
  // An empty password: OpenSSL would ask for an encrypted key's on the terminal.
  char none[] = "";
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, none) : nullptr, EVP_PKEY_free);
  ERR_clear_error();
  return key;
}

}  // namespace

Status check_ca(const std::string& pem, const std::string& what) {
  if (!first_certificate(pem)) return fail(Error::invalid(what + ": expected PEM certificates, found none"));
  return {};
}

Status check_client_pair(const std::string& certificate_pem, const std::string& key_pem, const std::string& what) {
  const Certificate certificate = first_certificate(certificate_pem);
  if (!certificate) return fail(Error::invalid(what + ": expected a client certificate in PEM, found none"));
  const Key key = private_key(key_pem);
  if (!key) return fail(Error::invalid(what + ": expected an unencrypted client key in PEM, found none"));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(Error::invalid(what + ": the client key does not belong to the client certificate"));
  }
  return {};
}

Result<std::string> from_base64(const std::string& text, const std::string& what) {
  std::string compact;
  for (const char c : text) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') compact += c;
  }
  std::string bytes(compact.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(compact.data()), static_cast<int>(compact.size()));
  ERR_clear_error();
  if (compact.empty() || compact.size() % 4 != 0 || length < 0) {
    return fail(Error::invalid(what + ": expected base64"));
  }
  // EVP_DecodeBlock counts the padding as bytes.
  const std::size_t padding = compact.ends_with("==") ? 2 : compact.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

}  // namespace canaryd::kube
