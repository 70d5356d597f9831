// What is given as a key: public ones as PEM or vkey lines, private ones as PEM.
#include "canaryd/audit/checkpoint.hpp"
#include "fuzz.hpp"

using namespace canaryd;
using namespace canaryd::audit;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  if (const auto keys = parse_public_keys(bytes, "keys")) {
    for (const auto& key : *keys) {
      const auto again = parse_public_keys(key.pem() + key.vkey("name", 1) + "\n", "keys");
      fuzz::must(again && *again == std::vector<PublicKey>{key, key}, "a written key is read as it was");
    }
  }
  if (const auto key = SigningKey::parse(bytes, "key")) {
    fuzz::must(key->public_key().verifies("text", key->sign("text")), "what a key signs verifies");
  }
  return 0;
}
