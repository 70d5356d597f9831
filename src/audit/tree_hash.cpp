#include "tree_hash.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <initializer_list>
#include <memory>

namespace canaryd::audit {

namespace {

// RFC 6962 sets leaves and nodes apart, so that no record can pass for two hashes.
constexpr std::string_view leaf_prefix("\x00", 1);
constexpr std::string_view node_prefix("\x01", 1);

// OpenSSL's SHA-256 fails only without memory or without its default provider: there is no log without it.
void must(bool done) {
  if (!done) std::abort();
}

// Looking the algorithm up costs more than hashing a short record: it is done once a thread, and the context is reused.
class Hasher {
 public:
  Hasher() { must(context_ != nullptr && sha256_ != nullptr); }

  Hash hash(std::initializer_list<std::string_view> parts) {
    must(EVP_DigestInit_ex2(context_.get(), sha256_.get(), nullptr) == 1);
    for (const auto part : parts) must(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    Hash hash{};
    must(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1);
    return hash;
  }

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Hash hash_of(std::initializer_list<std::string_view> parts) {
  thread_local Hasher hasher;
  return hasher.hash(parts);
}

std::string_view bytes_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

}  // namespace

Hash leaf_hash(std::string_view record) { return hash_of({leaf_prefix, record}); }
Hash node_hash(const Hash& left, const Hash& right) { return hash_of({node_prefix, bytes_of(left), bytes_of(right)}); }
Hash empty_root() { return hash_of({}); }

}  // namespace canaryd::audit
