#include "known_key.hpp"

#include "fuzz.hpp"

namespace canaryd::audit::fuzz {

const SigningKey& known_key() {
  static const auto key = SigningKey::parse(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n"
      "-----END PRIVATE KEY-----\n",
      "the known key");
  must(key.has_value(), "the known key is a key");
  return *key;
}

std::string known_record(std::uint64_t seq) { return "{\"seq\":" + std::to_string(seq) + "}"; }

TreeHead known_head() {
  Tree tree;
  for (std::uint64_t seq = 0; seq < known_records; ++seq) tree.add(leaf_hash(known_record(seq)));
  return tree.head();
}

std::vector<SigningKey> known_keys() {
  std::vector<SigningKey> keys;
  auto key = SigningKey::parse(known_key().pem(), "the known key");
  must(key.has_value(), "a written key is read");
  keys.push_back(std::move(*key));
  return keys;
}

std::string known_note() {
  return sign_checkpoint(known_name, known_head(), known_keys(), WallTime(std::chrono::seconds(1785585600)));
}

}  // namespace canaryd::audit::fuzz
