#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "audit/format/note.hpp"
#include "canaryd/base/time_text.hpp"
#include "key_lab.hpp"

namespace canaryd::audit::test {

namespace {

const std::string dash = "\xE2\x80\x94 ";
const std::string name = "canaryd/4c6b3f4c2c4c4fdfbdc9f9faa460cf58";
const auto now = parse_rfc3339("2026-08-01T12:00:00.999999Z").value();
constexpr std::int64_t now_seconds = 1785585600;

TreeHead head_of(std::uint64_t size) { return {size, leaf_hash(std::to_string(size))}; }

std::vector<SigningKey> keys_of(const std::string& letters) {
  std::vector<SigningKey> keys;
  for (const char letter : letters) keys.push_back(test_key(letter));
  return keys;
}

std::string signed_by(const std::string& letters) { return sign_checkpoint(name, head_of(7), keys_of(letters), now); }

SignatureVerdict checked(const std::string& note, const std::string& letters) {
  const auto checkpoint = parse_checkpoint(note);
  INFO((checkpoint ? std::string() : checkpoint.error().message));
  REQUIRE(checkpoint);
  std::vector<PublicKey> known;
  for (const auto& key : keys_of(letters)) known.push_back(key.public_key());
  return check_signatures(*checkpoint, known);
}

std::string why_not(const std::string& note) {
  const auto checkpoint = parse_checkpoint(note);
  return checkpoint ? "it was read" : checkpoint.error().message;
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

PublicKey known(const std::string& vkey) { return parse_public_keys(vkey, "the test").value().at(0); }

}  // namespace

TEST_CASE("the example of the signed note is signed by its key") {
  const auto peter = known("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  const std::string text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const std::string line = dash +
                           "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
                           "Zb6KE6RyyBwJnAM=\n";
  const auto note = parse_note(text + "\n" + line).value();
  CHECK(note.text == text);
  REQUIRE(note.signatures.size() == 1);
  CHECK(note.signatures[0].key_id == peter.id("PeterNeumann", ed25519_type));
  CHECK(peter.verifies(note.text, note.signatures[0].bytes));
  const auto key = key_of_seed(from_base64("gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=").value());
  CHECK(signature_line("PeterNeumann", 0xc74f20a3, key.sign(text)) == line);
}

TEST_CASE("the examples of the specifications are read") {
  const auto salvatore = parse_note(
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\xC3\xA8 subito sera.\n\n" + dash +
      "quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3Ze"
      "kRwNtIc=\n");
  REQUIRE(salvatore);
  CHECK(salvatore->text.ends_with("sole:\n\n\xC3\xA8 subito sera.\n"));
  CHECK(salvatore->signatures.at(0).key_id == 0x367ba04b);

  const std::string sofa = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const auto checkpoint = parse_checkpoint(
      sofa + "\n" + dash +
      "example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM"
      "cTOAYQ8=\n" +
      dash +
      "witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+"
      "mbIUBkBIfZ+qnA==\n");
  REQUIRE(checkpoint);
  CHECK(checkpoint->origin == "example.com/behind-the-sofa");
  CHECK(checkpoint->head.size == 20852163);
  CHECK(checkpoint->text == sofa);
  REQUIRE(checkpoint->signatures.size() == 2);
  CHECK(checkpoint->signatures[1].name == "witness.example.com/w1");
  const std::string_view cosignature = checkpoint->signatures[1].bytes;
  CHECK(from_big_endian(cosignature.substr(0, 8)) == 1679315147);
  CHECK(cosigned_text(1679315147, checkpoint->text) == "cosignature/v1\ntime 1679315147\n" + sofa);

  // The example's root and signature are those of the public Go checksum database, whose key and origin are known.
  const auto sum = known("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
  const auto original = replaced(sofa, "example.com/behind-the-sofa", "go.sum database tree");
  CHECK(checkpoint->signatures[0].key_id == sum.id("sum.golang.org", ed25519_type));
  CHECK(sum.verifies(original, checkpoint->signatures[0].bytes));
  CHECK_FALSE(sum.verifies(sofa, checkpoint->signatures[0].bytes));
}

TEST_CASE("a checkpoint is the note that the format says, with two signatures a key") {
  const auto key = test_key();
  const auto note = signed_by("a");
  CHECK(note.starts_with(name + "\n7\n"));
  const auto checkpoint = parse_checkpoint(note).value();
  CHECK(checkpoint.origin == name);
  CHECK(checkpoint.head == head_of(7));
  CHECK(checkpoint.extensions.empty());
  CHECK(checkpoint.text == checkpoint_text(name, head_of(7)));
  REQUIRE(checkpoint.signatures.size() == 2);
  CHECK(checkpoint.signatures[0].key_id == key.public_key().id(name, 0x01));
  CHECK(checkpoint.signatures[0].bytes == key.sign(checkpoint.text));
  CHECK(checkpoint.signatures[1].key_id == key.public_key().id(name, 0x04));
  const auto& timed = checkpoint.signatures[1].bytes;
  CHECK(timed.substr(0, 8) == from_hex("000000006a6ddfc0"));
  CHECK(timed.substr(8) == key.sign("cosignature/v1\ntime 1785585600\n" + checkpoint.text));
  // Written again from what was read, it is the same.
  auto again = checkpoint.text + "\n";
  for (const auto& signature : checkpoint.signatures) {
    again += signature_line(signature.name, signature.key_id, signature.bytes);
  }
  CHECK(again == note);
}

TEST_CASE("the checkpoint of an empty log and of the longest are read as they were written") {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    const auto checkpoint = parse_checkpoint(sign_checkpoint(name, head_of(size), keys_of("a"), now));
    REQUIRE(checkpoint);
    CHECK(checkpoint->head == head_of(size));
  }
  const auto before_1970 = sign_checkpoint(name, head_of(7), keys_of("a"), WallTime(std::chrono::seconds(-5)));
  CHECK(checked(before_1970, "a").timestamp == 0);
}

TEST_CASE("a checkpoint is good for who knows its key, and tells its time") {
  const auto verdict = checked(signed_by("a"), "a");
  CHECK(verdict.good);
  CHECK(verdict.what.empty());
  CHECK(verdict.timestamp == now_seconds);
}

TEST_CASE("while keys change, a checkpoint is good for who knows the old, the new or both") {
  for (const auto* letters : {"a", "b", "ab", "ba", "xaby"}) CHECK(checked(signed_by("ab"), letters).good);
}

TEST_CASE("a checkpoint that no known key signed is not good") {
  for (const auto* letters : {"", "b", "xyz"}) {
    const auto verdict = checked(signed_by("a"), letters);
    CHECK_FALSE(verdict.good);
    CHECK(mentions(verdict.what, "not signed by a key that is known here"));
    CHECK_FALSE(verdict.timestamp);
  }
}

TEST_CASE("a wrong signature of a known key spoils the right ones") {
  const auto both = signed_by("ab");
  const auto b = parse_checkpoint(signed_by("b")).value().signatures;
  const auto other = parse_checkpoint(sign_checkpoint(name, head_of(8), keys_of("b"), now)).value().signatures;
  for (const std::size_t i : {0U, 1U}) {
    const auto wrong = replaced(both, signature_line(name, b[i].key_id, b[i].bytes),
                                signature_line(name, other[i].key_id, other[i].bytes));
    CHECK(mentions(checked(wrong, "ab").what, "is wrong"));
    CHECK_FALSE(checked(wrong, "ab").good);
    CHECK(checked(wrong, "a").good);
  }
}

TEST_CASE("one of a key's two signatures alone is not what canaryd wrote") {
  const auto whole = parse_checkpoint(signed_by("a")).value();
  for (const auto& signature : whole.signatures) {
    const auto less = replaced(signed_by("a"), signature_line(name, signature.key_id, signature.bytes), "");
    CHECK_FALSE(checked(less, "a").good);
    CHECK(mentions(checked(less, "a").what, "is missing"));
  }
}

TEST_CASE("what witnesses and unknown keys added changes nothing") {
  auto note = signed_by("a");
  for (int i = 0; i < 20; ++i) note += signature_line("witness.example/w" + std::to_string(i), 1, std::string(72, 'x'));
  note += signature_line(name, 0x12345678, std::string(2420, 'x'));
  CHECK(checked(note, "a").good);
}

TEST_CASE("a signature of another log or another text is not this ones") {
  const auto elsewhere = replaced(signed_by("a"), name + "\n", "canaryd/other\n");
  CHECK_FALSE(checked(elsewhere, "a").good);
  const auto longer = replaced(signed_by("a"), "\n7\n", "\n8\n");
  CHECK(mentions(checked(longer, "a").what, "is wrong"));
}

TEST_CASE("a cosignature of a time that no clock shows is wrong") {
  const auto key = test_key();
  const auto text = checkpoint_text(name, head_of(7));
  const auto with = [&](std::uint64_t seconds) {
    return text + "\n" + signature_line(name, key.public_key().id(name, 0x01), key.sign(text)) +
           signature_line(name, key.public_key().id(name, 0x04),
                          big_endian(seconds, 8) + key.sign(cosigned_text(seconds, text)));
  };
  CHECK(checked(with((1ULL << 63U) - 1), "a").good);
  CHECK_FALSE(checked(with(1ULL << 63U), "a").good);
}

TEST_CASE("a note with any one byte changed, added or taken away is refused or not good") {
  const auto note = signed_by("ab");
  const std::vector<PublicKey> keys{test_key('a').public_key(), test_key('b').public_key()};
  const auto spoils = [&](const std::string& changed) {
    const auto checkpoint = parse_checkpoint(changed);
    return !checkpoint || !check_signatures(*checkpoint, keys).good;
  };
  REQUIRE_FALSE(spoils(note));
  for (std::size_t i = 0; i < note.size(); ++i) {
    CAPTURE(i);
    for (const int bits : {0x01, 0x20, 0x80}) {
      auto changed = note;
      changed[i] = static_cast<char>(changed[i] ^ bits);
      CHECK(spoils(changed));
    }
    CHECK(spoils(std::string(note).erase(i, 1)));
    for (const char more : {'\n', 'A'}) CHECK(spoils(std::string(note).insert(i, 1, more)));
  }
  CHECK(spoils(note + "\n"));
  CHECK(spoils(note + " "));
  // A whole key's lines can be left out of what two keys signed: it is a note of the other then.
  const auto one_key = signed_by("a");
  for (std::size_t i = 0; i < one_key.size(); ++i) CHECK(spoils(one_key.substr(0, i)));
}

TEST_CASE("what is no checkpoint is refused with the reason") {
  const auto note = signed_by("a");
  const auto root = to_base64(std::string(32, 'r'));
  const auto line = signature_line("k", 1, "signature");
  const std::string form = "a checkpoint: expected ";
  CHECK(why_not("") == "a signed note: expected a line end at its end");
  CHECK(why_not(note.substr(0, note.size() - 1)) == "a signed note: expected a line end at its end");
  CHECK(mentions(why_not("a\n1\n" + root + "\n"), "an empty line between text and signatures"));
  CHECK(mentions(why_not("a\n1\n" + root + "\n\n"), "signatures behind the empty line"));
  CHECK(mentions(why_not("a\n1\n\n" + line), form + "three lines or more"));
  CHECK(mentions(why_not("a\n1\n" + root + "\n\nmore\n\n" + line), "none of them empty"));
  CHECK(mentions(why_not("\n1\n" + root + "\n\n" + line), "none of them empty"));
  for (const auto* size : {"01", "-1", "+1", "1 ", " 1", "0x1", "one", "18446744073709551616", "1.0"}) {
    CHECK(
        mentions(why_not("a\n" + std::string(size) + "\n" + root + "\n\n" + line), "without leading zeros in line 2"));
  }
  for (const auto& wrong : {std::string("cm9vdA=="), root.substr(0, 40), root + "AAAA", root.substr(0, 42) + "B="}) {
    CHECK(mentions(why_not("a\n1\n" + wrong + "\n\n" + line), "base64 of 32 bytes in line 3"));
  }
  const auto text = "a\n1\n" + root + "\n\n";
  CHECK(why_not(text + line) == "it was read");
  CHECK(mentions(why_not(text + line + line.substr(1)), "UTF-8"));
  CHECK(mentions(why_not(text + "- k AAAAAAAA\n"), "an em dash"));
  CHECK(mentions(why_not(text + dash + "k\n"), "a name without spaces and plus"));
  CHECK(mentions(why_not(text + dash + " AAAAAAAA\n"), "a name without spaces and plus"));
  CHECK(mentions(why_not(text + dash + "k+1 AAAAAAAA\n"), "a name without spaces and plus"));
  CHECK(mentions(why_not(text + dash + "k\xC2\xA0z AAAAAAAA\n"), "a name without spaces and plus"));
  CHECK(mentions(why_not(text + dash + "k\xE3\x80\x80z AAAAAAAA\n"), "a name without spaces and plus"));
  CHECK(mentions(why_not(text + dash + "k AAAA*AAA\n"), "base64 of a key id and a signature"));
  CHECK(mentions(why_not(text + dash + "k AAAAAA==\n"), "base64 of a key id and a signature"));
  CHECK(mentions(why_not(text + dash + "k  AAAAAAAA\n"), "base64 of a key id and a signature"));
  CHECK(mentions(why_not(replaced(note, "canaryd", "canar\tyd")), "no control characters"));
  CHECK(mentions(why_not(replaced(note, "\n7\n", "\r\n7\r\n")), "no control characters"));
  CHECK(mentions(why_not(replaced(note, "canaryd", "canar\xFFyd")), "UTF-8"));
  auto longest = text + line;
  while (longest.size() <= checkpoint_limit) longest += line;
  CHECK(mentions(why_not(longest), "at most 16384 bytes"));
}

TEST_CASE("extension lines are kept, and signed with the rest") {
  const auto key = test_key();
  const auto text = checkpoint_text(name, head_of(7)) + "one more\n";
  const auto checkpoint = parse_checkpoint(text + "\n" + signature_line(name, 1, key.sign(text))).value();
  CHECK(checkpoint.extensions == std::vector<std::string>{"one more"});
  CHECK(checkpoint.text == text);
}

TEST_CASE("an origin is a word that can begin the name of a log") {
  CHECK(log_name("canaryd", "4c6b") == "canaryd/4c6b");
  for (const auto* origin : {"canaryd", "audit.example.com/canaryd",
                             "\xC3\xA9"
                             "cole",
                             "a-b_c.d~e"}) {
    CHECK(check_origin(origin));
  }
  for (const auto& origin :
       {std::string(), std::string("a b"), std::string("a+b"), std::string("a\nb"), std::string("a\tb"),
        std::string("a\xE2\x80\xA8z"), std::string("\xFF"), std::string("a\0b", 3), std::string(257, 'a')}) {
    CAPTURE(origin);
    CHECK_FALSE(check_origin(origin));
  }
}

}  // namespace canaryd::audit::test
