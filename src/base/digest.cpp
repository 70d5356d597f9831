#include "canaryd/base/digest.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "canaryd/base/text.hpp"

namespace canaryd {

namespace {

using Digest = std::array<unsigned char, 32>;

// OpenSSL's SHA-256 fails only without memory or without its default provider: there is no log without it.
void must(bool done) {
  if (!done) std::abort();
}

// Looking the algorithm up costs more than hashing a short record: it is done once a thread, and the context is reused.
class Hasher {
 public:
  Hasher() { must(context_ != nullptr && sha256_ != nullptr); }

  Digest hash(std::initializer_list<std::string_view> parts) {
    must(EVP_DigestInit_ex2(context_.get(), sha256_.get(), nullptr) == 1);
    for (const auto part : parts) must(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    Digest digest{};
    must(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  thread_local Hasher hasher;
  return hasher.hash(parts);
}

std::string sha256_hex(std::string_view bytes) {
  const auto digest = sha256({bytes});
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace canaryd
