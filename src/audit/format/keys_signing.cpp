#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>

#include "canaryd/audit/checkpoint.hpp"

namespace canaryd::audit {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;  // OpenSSL wipes an Ed25519 key when it frees it
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

void must(bool done) {
  if (!done) std::abort();
}

// Never asks a terminal for a passphrase.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*unused*/) { return -1; }

std::array<unsigned char, 32> public_bytes(const EVP_PKEY* key) {
  std::array<unsigned char, 32> bytes{};
  auto size = bytes.size();
  must(EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) == 1);
  return bytes;
}

bool has_one_block(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN ";
  const auto first = pem.find(begin);
  return first != std::string_view::npos && pem.find(begin, first + 1) == std::string_view::npos;
}

}  // namespace

struct SigningKey::Impl {
  explicit Impl(Key&& owned) : key(std::move(owned)), public_key(public_bytes(key.get())) {}
  Key key;
  PublicKey public_key;
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::generate() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  if (!key) return fail(Error::io("OpenSSL could not generate an Ed25519 key"));
  return SigningKey(std::make_unique<Impl>(std::move(key)));
}

Result<SigningKey> SigningKey::parse(std::string_view pem, const std::string& where) {
  const auto misfit = [&](const std::string& what) {
    return fail(Error::invalid(where + ": expected one Ed25519 private key in PEM (PKCS#8, no passphrase), " + what));
  };
  if (pem.size() > 64U << 10U) return misfit("found a longer file");
  if (pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos) return misfit("it has a passphrase");
  if (pem.find("-----BEGIN PUBLIC KEY-----") != std::string_view::npos) return misfit("found a public key");
  if (!has_one_block(pem)) return misfit("found none, or more than one");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  must(bio != nullptr);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
  ERR_clear_error();  // what it holds could otherwise be told by the next TLS error of this thread
  if (!key) return misfit("it could not be read");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return misfit("found one of another kind");
  return SigningKey(std::make_unique<Impl>(std::move(key)));
}

std::string SigningKey::pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()), &BIO_free);
  must(bio != nullptr);
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

const PublicKey& SigningKey::public_key() const { return impl_->public_key; }

std::string SigningKey::sign(std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  must(context != nullptr);
  must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) == 1);
  std::string signature(64, '\0');
  auto size = signature.size();
  must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                      reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1);
  return signature;
}

}  // namespace canaryd::audit
