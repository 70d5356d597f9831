#include "sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

// OpenSSL's SHA-256 fails only without memory or without its default provider: there is no log without it.
void must(int done) {
  if (done != 1) std::abort();
}

}  // namespace

struct Sha256::Impl {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  must(EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) { must(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size())); }

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  must(EVP_DigestFinal_ex(impl_->context.get(), digest.data(), &length));
  return to_hex({reinterpret_cast<const char*>(digest.data()), length});
}

std::string Sha256::so_far() const {
  Sha256 copy;
  must(EVP_MD_CTX_copy_ex(copy.impl_->context.get(), impl_->context.get()));
  return copy.hex();
}

}  // namespace canaryd::audit
