#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "canaryd/base/text.hpp"
#include "key_lab.hpp"

namespace canaryd::audit::test {

namespace {

std::string public_hex(const SigningKey& key) {
  const auto& bytes = key.public_key().bytes();
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string why_not_private(const std::string& text) { return SigningKey::parse(text, "key.pem").error().message; }
std::string why_not_public(const std::string& text) { return parse_public_keys(text, "key.pub").error().message; }

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("signatures are those of the vectors of RFC 8032") {
  struct Vector {
    std::string seed, key, message, signature;
  };
  const std::vector<Vector> vectors{
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
       "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const auto& vector : vectors) {
    const auto key = key_of_seed(from_hex(vector.seed));
    const auto message = from_hex(vector.message);
    CHECK(public_hex(key) == vector.key);
    CHECK(to_hex(key.sign(message)) == vector.signature);
    CHECK(key.public_key().verifies(message, from_hex(vector.signature)));
    CHECK_FALSE(key.public_key().verifies(message + "x", from_hex(vector.signature)));
    CHECK_FALSE(key.public_key().verifies(message, from_hex(vector.signature).substr(0, 63)));
    CHECK_FALSE(key.public_key().verifies(message, from_hex(vector.signature) + "x"));
    CHECK_FALSE(key.public_key().verifies(message, ""));
  }
}

TEST_CASE("a signature with a changed byte is not one") {
  const auto key = test_key();
  const auto signature = key.sign("message");
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(key.public_key().verifies("message", changed));
  }
}

TEST_CASE("a generated key is new, and its PEM reads back as the same key") {
  const auto key = SigningKey::generate().value();
  CHECK(public_hex(key) != public_hex(SigningKey::generate().value()));
  const auto again = SigningKey::parse(key.pem(), "key.pem").value();
  CHECK(again.public_key() == key.public_key());
  CHECK(again.sign("x") == key.sign("x"));
  CHECK(key.pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  CHECK(test_key().pem() == pem_of_seed(std::string(32, 'a')));
}

TEST_CASE("a public key is written as the PEM and the key lines that other tools read") {
  const auto peter = key_of_seed(from_base64("gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=").value());
  // The example of the package that the signed note was first made for: golang.org/x/mod/sumdb/note.
  const std::string vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  CHECK(peter.public_key().vkey("PeterNeumann", 0x01) == vkey);
  CHECK(peter.public_key().id("PeterNeumann", 0x01) == 0xc74f20a3);
  CHECK(parse_public_keys(vkey, "key.pub").value() == std::vector{peter.public_key()});
  // The example of RFC 8410, section 10.1 and 10.3.
  const std::string example =
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PUBLIC KEY-----\n";
  const auto key = SigningKey::parse(
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n",
      "key.pem");
  CHECK(key.value().public_key().pem() == example);
  CHECK(parse_public_keys(example, "key.pub").value() == std::vector{key->public_key()});
}

TEST_CASE("a file may hold several public keys in both forms") {
  const auto a = test_key('a').public_key();
  const auto b = test_key('b').public_key();
  const auto text = "\n" + a.pem() + "\r\n  " + b.vkey("canaryd/1", 0x04) + "\r\n" + b.pem() + a.vkey("other", 0x01);
  CHECK(parse_public_keys(text, "key.pub").value() == std::vector{a, b, b, a});
}

TEST_CASE("what is no public key is refused with the reason") {
  const auto key = test_key().public_key();
  auto vkey = key.vkey("canaryd/1", 0x01);
  CHECK(mentions(why_not_public(""), "key.pub: expected a public key, found none"));
  CHECK(mentions(why_not_public("\n \n"), "found none"));
  CHECK(mentions(why_not_public(pem_of_seed(std::string(32, 'a'))), "a private key, expected the public one"));
  CHECK(mentions(why_not_public(key.pem() + "and more\n"), "expected a PEM block"));
  CHECK(mentions(why_not_public("-----BEGIN PUBLIC KEY-----\nMCow\n"), "expected -----END PUBLIC KEY-----"));
  CHECK(mentions(why_not_public("-----BEGIN PUBLIC KEY-----\nMC*w\n-----END PUBLIC KEY-----\n"), "not base64"));
  CHECK(mentions(why_not_public("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"), "of another kind"));
  CHECK(mentions(why_not_public("other" + vkey), "the id in NAME+ID+KEY is not that of its name and key"));
  CHECK(mentions(why_not_public("canaryd/1+00000000" + vkey.substr(18)), "the id in NAME+ID+KEY"));
  CHECK(mentions(why_not_public("a b" + vkey.substr(9)), "the id in NAME+ID+KEY"));
  CHECK(mentions(why_not_public(key.vkey("canaryd/1", 0x02)), "expected a key of type 0x01 or 0x04"));
  CHECK(mentions(why_not_public(vkey.substr(0, vkey.size() - 4)), "expected base64 of a type and 32 bytes"));
}

TEST_CASE("what is no private key is refused with the reason, and nothing of it is told") {
  const auto pem = pem_of_seed("the secret bytes of a test's key");
  const std::string where = "key.pem: expected one Ed25519 private key in PEM";
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "found none, or more than one"},
           {"nothing of the kind", "found none, or more than one"},
           {pem + pem, "found none, or more than one"},
           {test_key().public_key().pem(), "found a public key"},
           {pem.substr(0, 60) + "\n-----END PRIVATE KEY-----\n", "could not be read"},
           {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n-----END ENCRYPTED PRIVATE KEY-----\n", "a passphrase"},
           // X25519, RFC 8410: the same form, another algorithm.
           {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n"
            "-----END PRIVATE KEY-----\n",
            "of another kind"},
           {std::string(70000, 'x'), "a longer file"}}) {
    CAPTURE(why);
    const auto message = why_not_private(text);
    CHECK(mentions(message, where));
    CHECK(mentions(message, why));
    CHECK_FALSE(mentions(message, "secret"));
    CHECK_FALSE(mentions(message, "MC4C"));
  }
}

TEST_CASE("base64 has one text for bytes and one reading for a text") {
  // RFC 4648, section 10.
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"},
                                                                 {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
  for (const auto* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "Z===", "====", "=Zg=", "Zg==Zg==", "Zm9v\n", "Zm-v",
                           "Zm 9", "Zm9vYg==\n", "-__-"}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
  for (int first = 0; first < 256; ++first) {
    const std::string bytes{static_cast<char>(first), static_cast<char>(first * 7), 'x', static_cast<char>(~first)};
    CHECK(from_base64(to_base64(bytes)) == bytes);
  }
}

}  // namespace canaryd::audit::test
