#include "canaryd/base/digest.hpp"

#include <openssl/sha.h>

#include <array>

#include "canaryd/base/text.hpp"

namespace canaryd {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace canaryd
