#pragma once

#include <doctest/doctest.h>

#include <string>

#include "audit/format/base64.hpp"
#include "canaryd/audit/checkpoint.hpp"

namespace canaryd::audit::test {

inline std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// PKCS#8 of an Ed25519 key whose 32 secret bytes are known (RFC 8410).
inline std::string pem_of_seed(const std::string& seed) {
  return "-----BEGIN PRIVATE KEY-----\n" + to_base64(from_hex("302e020100300506032b657004220420") + seed) +
         "\n-----END PRIVATE KEY-----\n";
}

inline SigningKey key_of_seed(const std::string& seed) {
  auto key = SigningKey::parse(pem_of_seed(seed), "the test");
  INFO((key ? std::string() : key.error().message));
  REQUIRE(key);
  return std::move(*key);
}

// Always the same key for the same letter.
inline SigningKey test_key(char letter = 'a') { return key_of_seed(std::string(32, letter)); }

}  // namespace canaryd::audit::test
