#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base64.hpp"
#include "canaryd/audit/checkpoint.hpp"
#include "note.hpp"
#include "sha256.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t signature_size = 64;
constexpr std::string_view pem_begin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view pem_end = "-----END PUBLIC KEY-----";
// RFC 8410: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo.
constexpr std::string_view info_prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
constexpr std::size_t key_size = 32;

// Ed25519 itself cannot fail; only memory or OpenSSL's default provider can be missing.
void must(bool done) {
  if (!done) std::abort();
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string with_key(std::string_view prefix, const PublicKey& key) {
  std::string bytes(prefix);
  bytes.append(reinterpret_cast<const char*>(key.bytes().data()), key.bytes().size());
  return bytes;
}

std::string typed(const PublicKey& key, unsigned char type) {
  return with_key(std::string(1, static_cast<char>(type)), key);
}

PublicKey key_of(std::string_view bytes) {
  std::array<unsigned char, key_size> key{};
  bytes.copy(reinterpret_cast<char*>(key.data()), key.size());
  return PublicKey(key);
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") + 1 - from);
}

// Takes the next line of `text`, without white space around it.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = trimmed(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// The rest of a block whose first line was taken.
Result<PublicKey> take_pem(std::string_view& text, const std::string& where) {
  std::string base64;
  for (;;) {
    if (text.empty()) return fail(Error::invalid(where + ": expected " + std::string(pem_end)));
    const auto line = take_line(text);
    if (line == pem_end) break;
    base64 += line;
  }
  const auto info = from_base64(base64);
  if (!info) return fail(Error::invalid(where + ": a public key that is not base64"));
  if (info->size() != info_prefix.size() + key_size || !info->starts_with(info_prefix)) {
    return fail(Error::invalid(where + ": expected an Ed25519 public key, found one of another kind"));
  }
  return key_of(std::string_view(*info).substr(info_prefix.size()));
}

Result<PublicKey> parse_vkey(std::string_view line, const std::string& where) {
  const auto id = line.find('+');
  const auto key = id == std::string_view::npos ? id : line.find('+', id + 1);
  if (key == std::string_view::npos) {
    return fail(Error::invalid(where + ": expected a PEM block \"PUBLIC KEY\" or a line NAME+ID+KEY"));
  }
  const auto bytes = from_base64(line.substr(key + 1));
  if (!bytes || bytes->size() != 1 + key_size) {
    return fail(Error::invalid(where + ": expected base64 of a type and 32 bytes in NAME+ID+KEY"));
  }
  const auto type = static_cast<unsigned char>(bytes->front());
  if (type != ed25519_type && type != cosignature_type) {
    return fail(Error::invalid(where + ": expected a key of type 0x01 or 0x04 in NAME+ID+KEY"));
  }
  const auto parsed = key_of(std::string_view(*bytes).substr(1));
  const auto name = line.substr(0, id);
  if (!is_key_name(name) || parsed.vkey(name, type) != line) {
    return fail(Error::invalid(where + ": the id in NAME+ID+KEY is not that of its name and key"));
  }
  return parsed;
}

}  // namespace

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_.data(), bytes_.size()), &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  must(key != nullptr && context != nullptr);
  must(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  return signature.size() == signature_size &&
         EVP_DigestVerify(context.get(), unsigned_bytes(signature), signature.size(), unsigned_bytes(message),
                          message.size()) == 1;
}

std::uint32_t PublicKey::id(std::string_view name, unsigned char type) const {
  Sha256 sha256;
  sha256.add(name);
  sha256.add("\n");
  sha256.add(typed(*this, type));
  return static_cast<std::uint32_t>(std::strtoul(sha256.hex().substr(0, 8).c_str(), nullptr, 16));
}

std::string PublicKey::vkey(std::string_view name, unsigned char type) const {
  std::array<char, 16> middle{};
  std::snprintf(middle.data(), middle.size(), "+%08x+", id(name, type));
  return std::string(name) + middle.data() + to_base64(typed(*this, type));
}

std::string PublicKey::pem() const {
  return std::string(pem_begin) + "\n" + to_base64(with_key(info_prefix, *this)) + "\n" + std::string(pem_end) + "\n";
}

Result<std::vector<PublicKey>> parse_public_keys(std::string_view text, const std::string& where) {
  std::vector<PublicKey> keys;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.empty()) continue;
    if (line.starts_with("-----BEGIN ") && line.find("PRIVATE KEY") != std::string_view::npos) {
      return fail(Error::invalid(where + ": a private key, expected the public one (canaryd audit key public FILE)"));
    }
    auto key = line == pem_begin ? take_pem(text, where) : parse_vkey(line, where);
    if (!key) return fail(key.error());
    keys.push_back(*key);
  }
  if (keys.empty()) return fail(Error::invalid(where + ": expected a public key, found none"));
  return keys;
}

}  // namespace canaryd::audit
